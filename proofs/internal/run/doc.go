// Package run checks a run directory: its files, its data, and the network from
// grade to grade, recomputed in float64 and compared to the bit.

package run
