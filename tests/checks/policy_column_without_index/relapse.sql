drop index "visits_Owner_idx";
drop index rarely_owner_idx;
drop index referring_owner_id_idx;
