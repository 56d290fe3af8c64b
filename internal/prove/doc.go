// Package prove proves one grade of a run as numbered shards.
//
// A grade whose gap over the listed patterns is closed is optimal over all patterns if
// m(nu) = max over |w| <= 1 of |nu'phi(Xw)| is at most a target, which its dual point nu
// and the tolerance determine. A proof of that is a tree for nu and one for -nu, and the
// trees below their open leaves are proofs of their own, so they can be grown by anybody
// and put together. Everything is counted in nodes and begins from the way to a leaf
// alone: who grows what, how often and in which order makes no difference, and the
// certificate is the same to the bit for any number of workers.
//
// The proof directory is beside the run directory:
//
//	RUN.proof-2/plan.json             grade 2: target, trees so far, how the leaves are shared out
//	RUN.proof-2/round-3/000005.json   what grew from the leaves of shard 5 in round 3
//
// A shard is done when its file is there, which is renamed to its name when it is whole.
// A merge puts the trees of all shards into the places of the open leaves. What is then
// still open is the next round; when nothing is, the run's certificates are replaced, once
// the checker has accepted them, and the proof directory goes.
package prove
