drop view fifth, fourth, reports.asked;
