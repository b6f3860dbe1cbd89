-- times: 5
checkpoint;
