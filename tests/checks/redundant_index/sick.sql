create index "Phone First" on orders (phone);
