create table "public"."profiles" (
    "id" uuid not null,
    "display_name" text,
    "updated_at" timestamp with time zone default now()
);
alter table "public"."profiles" enable row level security;
CREATE UNIQUE INDEX profiles_pkey ON public.profiles USING btree (id);
alter table "public"."profiles" add constraint "profiles_pkey" PRIMARY KEY using index "profiles_pkey";
set check_function_bodies = off;
CREATE OR REPLACE FUNCTION public.caller()
 RETURNS uuid
 LANGUAGE sql
 STABLE
AS $function$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $function$
;
CREATE OR REPLACE FUNCTION public.touch()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  new.updated_at := now();
  return new;
end;
$function$
;
grant delete, insert, select, update on table "public"."profiles" to "authenticated";
create policy "own profile"
on "public"."profiles"
as permissive
for all
to authenticated
using ((( SELECT public.caller() AS caller) = id));
CREATE TRIGGER touched BEFORE UPDATE ON public.profiles FOR EACH ROW EXECUTE FUNCTION touch();
