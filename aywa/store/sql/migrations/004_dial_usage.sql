-- What was dialled of a UTC day, by API key and by trunk: limits hold over a restart.

create table dial_usage (
    scope    text not null,
    day      integer not null, -- since 1970
    calls    integer not null,
    seconds  double precision not null,
    primary key (scope, day)
);
