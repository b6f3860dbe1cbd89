"""What the benchmarks measure on: TPC-H and TPC-DS on real servers, loaded once and kept."""
