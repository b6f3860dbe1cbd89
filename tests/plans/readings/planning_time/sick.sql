-- node:
set join_collapse_limit = 12;
set from_collapse_limit = 12;
set geqo = off;
select count(*)
from part_0 a, part_1 b, part_2 c, part_3 d, part_4 e, part_5 f, part_6 g, part_7 h, part_8 i, part_9 j
where a.id = b.id and b.id = c.id and c.id = d.id and d.id = e.id and e.id = f.id and f.id = g.id and g.id = h.id
  and h.id = i.id and i.id = j.id;
