-- what Rails 7 writes into its log for a new table, a reference and an index
BEGIN;
SELECT pg_try_advisory_lock(4854403171203294470);
CREATE TABLE "authors" ("id" bigserial primary key, "name" character varying NOT NULL, "created_at" timestamptz(6) NOT NULL, "updated_at" timestamptz(6) NOT NULL);
CREATE TABLE "books" ("id" bigserial primary key, "title" character varying DEFAULT '' NOT NULL, "author_id" bigint NOT NULL, "price" decimal(10,2), "meta" jsonb DEFAULT '{}', "created_at" timestamptz(6) NOT NULL, "updated_at" timestamptz(6) NOT NULL, CONSTRAINT "fk_rails_53d51ce16a"
FOREIGN KEY ("author_id")
  REFERENCES "authors" ("id")
);
CREATE INDEX "index_books_on_author_id" ON "books" ("author_id");
CREATE UNIQUE INDEX "index_books_on_title_and_author_id" ON "books" ("title", "author_id");
ALTER TABLE "books" ADD "isbn" character varying(13);
ALTER TABLE "books" ADD CONSTRAINT price_is_positive CHECK (price > 0) NOT VALID;
ALTER TABLE "books" VALIDATE CONSTRAINT "price_is_positive";
COMMENT ON COLUMN "books"."isbn" IS 'without hyphens';
CREATE TABLE "schema_migrations" ("version" character varying NOT NULL PRIMARY KEY);
INSERT INTO "schema_migrations" ("version") VALUES ('20260901120000') RETURNING "version";
SELECT pg_advisory_unlock(4854403171203294470);
COMMIT;
