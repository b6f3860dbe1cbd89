-- times: 3000
select txid_current();
