// Package scaling foretells how long a job of shards takes on more workers than there are,
// from costs measured on one, and where more of them stop helping.
//
// A job is some rounds. In a round the coordinator sends every worker the same bytes b (the
// point of a solver, the plan of a proof), the workers do tasks of t_1, t_2, ... seconds, each
// taking the next one when it has done one, their sums of p bytes are added up in a tree, results
// that are not added, of g bytes a task, are collected, and the coordinator has work of its own,
// s seconds. With w workers and links of v bytes a second the round takes
//
//	b/v ceil(log2 w)           sent from worker to worker
//	+ makespan(t, w)           list scheduling in the order of the tasks
//	+ p/v ceil(log2 w)         the tree; one worker adds its own
//	+ g/v tasks                into the coordinator
//	+ s
//
// so one worker takes the sum of its tasks and the coordinator's part. Since sending takes longer
// the more there are, a job uses only as many of the workers as help it: more of them are never
// slower.
package scaling
