-- The Drain Fortin database: the company answers its phone with a voice assistant and books visits from the calls.
-- Tables come first and bare: rows are loaded before constraints.sql builds keys, as pg_dump does.

create schema auth;

create table public.vapi_calls (
    id uuid not null default pg_catalog.gen_random_uuid(),
    call_id text not null,
    assistant_id uuid,
    customer_id uuid,
    phone_number text not null,
    status text not null default 'active',
    started_at timestamptz,
    ended_at timestamptz,
    duration integer,
    recording_url text,
    transcript text,
    analysis jsonb,
    priority text,
    priority_reason text,
    sla_seconds integer,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.now(),
    constraint vapi_calls_status_check check (status in ('active', 'completed', 'failed', 'missed')),
    constraint vapi_calls_priority_check check (priority in ('P1', 'P2', 'P3', 'P4'))
);

create table public.call_logs (
    id uuid not null default pg_catalog.gen_random_uuid(),
    call_id text not null,
    phone_number text,
    duration integer,
    status text,
    transcript jsonb,
    summary text,
    analysis jsonb,
    tool_calls jsonb,
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.now()
);

create table public.leads (
    id uuid not null default pg_catalog.gen_random_uuid(),
    call_id text,
    phone text,
    email text,
    name text,
    service_type text,
    urgency_level text,
    address text,
    city text,
    postal_code text,
    estimated_value numeric(10, 2),
    status text not null default 'new',
    source text,
    assigned_to text,
    scheduled_date date,
    follow_up_date date,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.now(),
    constraint leads_status_check check (status in ('new', 'contacted', 'qualified', 'converted', 'lost'))
);

create table public.appointments (
    id uuid not null default pg_catalog.gen_random_uuid(),
    customer_name text not null,
    customer_phone text not null,
    lead_id uuid,
    service_type text,
    preferred_date date,
    preferred_time text,
    urgency text,
    notes text,
    status text not null default 'pending',
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.now()
);

create table public.sms_logs (
    id uuid not null default pg_catalog.gen_random_uuid(),
    call_id text,
    to_number text not null,
    from_number text not null,
    message text not null,
    priority text,
    status text not null default 'queued',
    provider_id text,
    error text,
    sent_at timestamptz,
    delivered_at timestamptz,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default pg_catalog.now()
);

create table public.analytics (
    id uuid not null default pg_catalog.gen_random_uuid(),
    event_type text not null,
    event_data jsonb not null default '{}',
    user_id uuid,
    session_id uuid,
    created_at timestamptz not null default pg_catalog.now()
);

create table public.availability (
    id uuid not null default pg_catalog.gen_random_uuid(),
    date date not null,
    time_slot text not null,
    technician text not null,
    is_available boolean not null default true
);

create table public.rate_limits (
    id uuid not null default pg_catalog.gen_random_uuid(),
    client_ip inet not null,
    endpoint text not null,
    window_start timestamptz not null,
    request_count integer not null default 1
);

create table public.system_constraints (
    name text not null,
    value jsonb not null,
    description text not null
);

create table public.pricing_rules (
    service_type text not null,
    base_price numeric(10, 2) not null,
    emergency_factor numeric(4, 2) not null default 1.5
);

insert into public.system_constraints (name, value, description)
values
    ('minimum_charge', '350', 'The smallest invoice, in dollars'),
    ('service_area_km', '60', 'How far from the depot a truck drives'),
    ('emergency_sla_seconds', '120', 'A P1 call is handed to a person within this time'),
    ('open_hours', '{"from": "07:00", "to": "21:00"}', 'Outside of them only P1 is handled');

insert into public.pricing_rules (service_type, base_price, emergency_factor)
values
    ('drain_cleaning', 350, 1.5),
    ('camera_inspection', 450, 1.25),
    ('sewer_backup', 650, 2),
    ('french_drain', 500, 1.25),
    ('root_removal', 550, 1.5),
    ('roof_drain', 450, 1.5),
    ('grease_trap', 400, 1.25),
    ('gutter_cleaning', 350, 1);
