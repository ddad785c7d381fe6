@echo off
set "PYTHONPATH={package}"
start "" /b "{python}" -P -m whispera.pipeline.alarm_service --state "{state}"
