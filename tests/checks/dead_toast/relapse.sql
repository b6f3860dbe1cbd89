update "Pages" set body = repeat('z', 5000);
