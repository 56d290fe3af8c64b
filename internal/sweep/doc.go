// Package sweep does many trainings as numbered shards: data sets x settings x
// seeds x folds.
//
// A plan (plan.json) is written once and says what every shard is: the arguments of
// one call of the program, the SHA-256 of its data and the version of the program.
// A shard is done when its result is there; its directory shards/NUMBER is put together
// under another name and renamed, so that a killed worker leaves nothing that counts,
// a shard that is done is not done again, and of two workers at the same shard the
// first to end counts. Shards know nothing of each other: they can be done in any
// order, by any number of processes, on any machines that share the directory, for
// instance as an array job of a batch system. A merge makes one table of what is
// done, and says what is missing.
//
//	plan.json                 what every shard is
//	shards/000003/run         the run directory of shard 3
//	shards/000003/result.json what the program printed with --json
//	table.csv, table.json     what merge made of them
//	report.html               the same as a page
//	folds.csv                 means over folds, if there are any
package sweep
