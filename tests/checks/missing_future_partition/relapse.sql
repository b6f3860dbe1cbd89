drop table at_its_end_3, nearly_2;
