select current_setting('data_checksums');
