vacuum (freeze);
