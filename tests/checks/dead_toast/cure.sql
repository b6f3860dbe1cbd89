vacuum "Pages";
