revoke all on "Postal Codes", votes from public;
