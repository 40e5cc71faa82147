-- Where the packets of a call that went wrong were written.

alter table calls add column pcap_path text;
