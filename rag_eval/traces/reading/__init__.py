"""Files of traces, whatever they are packed and written in, to exchanges."""
