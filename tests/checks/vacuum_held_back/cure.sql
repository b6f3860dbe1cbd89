-- session: report
commit;
