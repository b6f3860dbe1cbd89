--
-- PostgreSQL database dump
--
\restrict abcdef
SET statement_timeout = 0;
SET lock_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET default_tablespace = '';
CREATE FUNCTION public.cheapest() RETURNS numeric
    LANGUAGE plpgsql STABLE
    AS $$ begin return (select min(price) from public.goods); end $$;
CREATE TABLE public.goods (
    id integer NOT NULL,
    price numeric(8,2)
);
ALTER TABLE public.goods OWNER TO shopkeeper;
CREATE SEQUENCE public.goods_id_seq AS integer START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
ALTER SEQUENCE public.goods_id_seq OWNER TO shopkeeper;
ALTER SEQUENCE public.goods_id_seq OWNED BY public.goods.id;
ALTER TABLE ONLY public.goods ALTER COLUMN id SET DEFAULT nextval('public.goods_id_seq'::regclass);
COPY public.goods (id, price) FROM stdin;
1	9.99
2	\N
\.
SELECT pg_catalog.setval('public.goods_id_seq', 2, true);
ALTER TABLE ONLY public.goods
    ADD CONSTRAINT goods_pkey PRIMARY KEY (id);
\unrestrict abcdef
