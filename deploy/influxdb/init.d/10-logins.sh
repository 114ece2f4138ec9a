#!/bin/bash
# Run once by the image of InfluxDB 2, after it has made organisation, bucket and administrator: two logins with the least
# rights, and the name by which InfluxQL finds the bucket. Cannot run in the tests, which have InfluxDB 1.6 only.
set -euo pipefail

bucket=$DOCKER_INFLUXDB_INIT_BUCKET_ID

influx v1 dbrp create --db siaga --rp autogen --default --bucket-id "$bucket"
influx v1 auth create --username siaga-cloud --password "$(cat /run/secrets/cloud.password)" \
    --read-bucket "$bucket" --write-bucket "$bucket" --description "Siaga's cloud: reads and writes"
influx v1 auth create --username grafana --password "$(cat /run/secrets/grafana.password)" \
    --read-bucket "$bucket" --description "Grafana: reads"
