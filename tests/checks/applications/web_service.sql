-- A service that teams write in: uuid keys, soft deletes, settings as jsonb, a queue in a table.
create table schema_migrations (version text primary key);
create table plans (id smallint primary key, name text not null unique, seats integer);
create table teams (
    id uuid primary key default gen_random_uuid(),
    plan_id smallint not null references plans,
    name text not null,
    settings jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);
create table users (
    id uuid primary key default gen_random_uuid(),
    email text not null,
    name text not null,
    password_hash text not null,
    settings jsonb not null default '{}',
    last_seen_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
) with (fillfactor = 80);
create table memberships (
    team_id uuid not null references teams,
    user_id uuid not null references users,
    role text not null default 'member' check (role in ('owner', 'admin', 'member')),
    created_at timestamptz not null default now(),
    primary key (team_id, user_id)
);
create table sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users on delete cascade,
    token_hash bytea not null unique,
    agent text,
    address inet,
    expires_at timestamptz not null,
    created_at timestamptz not null default now()
);
create table posts (
    id uuid primary key default gen_random_uuid(),
    team_id uuid not null references teams,
    author_id uuid not null references users,
    title text not null,
    body text not null,
    is_published boolean not null default false,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);
create table comments (
    id uuid primary key default gen_random_uuid(),
    post_id uuid not null references posts on delete cascade,
    author_id uuid not null references users,
    parent_id uuid references comments on delete cascade,
    body text not null,
    created_at timestamptz not null default now(),
    deleted_at timestamptz
);
create table tags (id bigint generated always as identity primary key, team_id uuid not null references teams, name text not null);
create table post_tags (
    post_id uuid not null references posts on delete cascade,
    tag_id bigint not null references tags on delete cascade,
    primary key (post_id, tag_id)
);
create table notifications (
    id bigint generated always as identity primary key,
    user_id uuid not null references users,
    kind text not null,
    payload jsonb not null,
    read_at timestamptz,
    created_at timestamptz not null default now()
);
create table jobs (
    id bigint generated always as identity primary key,
    queue text not null default 'default',
    kind text not null,
    arguments jsonb not null default '{}',
    attempts integer not null default 0,
    run_at timestamptz not null default now(),
    locked_at timestamptz,
    error text
) with (fillfactor = 70);
create table audit_log (
    id bigint generated always as identity primary key,
    team_id uuid not null,
    user_id uuid,
    action text not null,
    details jsonb not null default '{}',
    created_at timestamptz not null default now()
);
create table api_keys (
    id uuid primary key default gen_random_uuid(),
    team_id uuid not null references teams,
    key_hash text not null unique,
    last_used_at timestamptz
);
create table feature_flags (name text primary key, is_on boolean not null, share numeric(3, 2));

create unique index on users (lower(email)) where deleted_at is null;
create index on memberships (user_id);
create index on sessions (user_id);
create index on sessions (expires_at);
create index on posts (team_id, created_at desc) where deleted_at is null;
create index on posts (author_id);
create index on posts using gin (metadata jsonb_path_ops);
create index on comments (post_id, created_at);
create index on comments (author_id);
create index on comments (parent_id) where parent_id is not null;
create unique index on tags (team_id, name);
create index on post_tags (tag_id);
create index on notifications (user_id, created_at desc);
create index on notifications (user_id) where read_at is null;
create index on jobs (queue, run_at) where locked_at is null;
create index on audit_log (team_id, created_at desc);
create index on api_keys (team_id);

insert into schema_migrations select to_char(date '2024-01-01' + n * 9, 'YYYYMMDD') || '000000' from generate_series(1, 60) n;
insert into plans values (1, 'free', 3), (2, 'team', 25), (3, 'company', null);
insert into teams (plan_id, name, settings, created_at, deleted_at)
select 1 + (n % 10 > 6)::int + (n % 50 = 0)::int, 'team ' || n, jsonb_build_object('theme', n % 3, 'locale', 'en'),
       now() - interval '400 days' * (500 - n) / 500, case when n % 40 = 0 then now() - interval '9 days' end
from generate_series(1, 500) n;
insert into users (email, name, password_hash, settings, created_at, last_seen_at, deleted_at)
select 'User' || n || '@example.org', 'user ' || n, md5(n::text) || md5(n::text), jsonb_build_object('digest', n % 2 = 0),
       now() - interval '400 days' * (6000 - n) / 6000, case when n % 4 > 0 then now() - interval '1 hour' * (n % 700) end,
       case when n % 50 = 0 then now() - interval '20 days' end
from generate_series(1, 6000) n;

create temporary table team_at as select row_number() over (order by created_at) as n, id from teams;
create temporary table user_at as select row_number() over (order by created_at) as n, id from users;
create unique index on team_at (n);
create unique index on user_at (n);
insert into memberships (team_id, user_id, role)
select t.id, u.id, case when u.n % 9 = 0 then 'owner' else 'member' end
from user_at u join team_at t on t.n = 1 + u.n % 500 or (u.n % 5 = 0 and t.n = 1 + u.n % 17);
insert into sessions (user_id, token_hash, agent, address, expires_at, created_at)
select u.id, decode(md5(g::text) || md5(g::text), 'hex'), 'browser ' || g % 7, ('10.0.' || g % 250 || '.' || g % 200)::inet,
       now() + interval '1 minute' * (g * 4 - 2000), now() - interval '1 minute' * (10000 - g)
from generate_series(1, 10000) g join user_at u on u.n = 1 + (g * 7) % 6000;
insert into posts (team_id, author_id, title, body, is_published, metadata, created_at, deleted_at)
select t.id, u.id, 'post ' || g, repeat(md5(g::text) || ' ', 5 + g % 40), g % 4 > 0,
       jsonb_build_object('source', (array['web', 'api', 'import'])[1 + g % 3], 'number', g % 500),
       now() - interval '1 minute' * (12000 - g) * 20, case when g % 30 = 0 then now() end
from generate_series(1, 12000) g
join team_at t on t.n = 1 + (g::bigint * g) % 499 join user_at u on u.n = 1 + (g * 13) % 6000;
create temporary table post_at as select row_number() over (order by created_at) as n, id from posts;
create unique index on post_at (n);
insert into comments (post_id, author_id, body, created_at)
select p.id, u.id, repeat('words ', 3 + g % 30), now() - interval '1 minute' * (30000 - g)
from generate_series(1, 30000) g
join post_at p on p.n = 1 + (g::bigint * g * 3) % 12000 join user_at u on u.n = 1 + (g * 11) % 6000;
update comments set parent_id = (select id from comments limit 1) where body = repeat('words ', 7);
insert into tags (team_id, name) select id, 'tag ' || k from team_at, generate_series(1, 8) k;
insert into post_tags select p.id, t.id from posts p join tags t using (team_id) where (t.id + length(p.title)) % 5 = 0;
insert into notifications (user_id, kind, payload, read_at, created_at)
select u.id, (array['mention', 'reply', 'digest'])[1 + g % 3], jsonb_build_object('number', g),
       case when g < 18000 then now() - interval '1 day' end, now() - interval '1 minute' * (20000 - g)
from generate_series(1, 20000) g join user_at u on u.n = 1 + (g * 17) % 6000;
insert into jobs (kind, arguments, run_at) select 'mail', jsonb_build_object('number', n), now() from generate_series(1, 200) n;
insert into audit_log (team_id, user_id, action, created_at)
select t.id, u.id, (array['login', 'view', 'edit', 'export'])[1 + g % 4], now() - interval '1 minute' * (30000 - g)
from generate_series(1, 30000) g join team_at t on t.n = 1 + (g * 3) % 500 join user_at u on u.n = 1 + (g * 5) % 6000;
insert into api_keys (team_id, key_hash, last_used_at)
select id, md5(id::text), case when n % 3 = 0 then now() end from team_at;
insert into feature_flags select 'flag ' || n, n % 2 = 0, 0.5 from generate_series(1, 20) n;
