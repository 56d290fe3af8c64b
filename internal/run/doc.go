// Package run is the run directory: what a training or a construction leaves
// behind, whole under its name or not at all, and what reads it back.
//
//	manifest.json    how the run came about, and the hash of every other file
//	model.json       the grades                          (a training)
//	ledger.csv       a row per grade and part of the data
//	certificates/    one per grade and output            (package proofs)
//	trace.csv        how the gaps fell over time and searches over all patterns over nodes; no hash, nothing is claimed by it
//	data.csv         where the data came from standard input, a columnar file or an array with missing values
//	test.csv         where the test rows came from a columnar file or, beside such data, an array
//	checkpoint/      what a run that was broken off needs to be taken up
//	report.html      the page of package report
//	network.json     the explicit networks               (a construction)
//
// A Training trains and writes one, a Construction writes one of package approx,
// a Source is a data file before it is parsed, a Summary what is told of a run.
package run
