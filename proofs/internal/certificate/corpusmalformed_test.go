package certificate

import (
	"fmt"
	"strings"
)

// malformedCorpus edits the text of one relu and one gated certificate. Line
// numbers count the expectation as line 1.
func malformedCorpus() map[string]string {
	relu, gated, sparse := encoded(boundary()), encoded(gatedBase()), encoded(sparseBase())
	texts := map[string]string{}
	put := func(name, expect, text string) { texts[name] = expectComment + expect + "\n" + text }
	edit := func(name, expect, old, with string) { put(name, expect, replaceAll(relu, old, with)) }

	malformedRidge(put)
	edit("name", `line 2 field 1: "certificate"`, "multigrade-certificate", "certificate")
	edit("version-2", `line 2 field 2: version "2"`, "certificate 1", "certificate 2")
	edit("version-missing", "line 2 field 2: the line ends here", "certificate 1", "certificate")
	edit("version-and-more", "line 2 field 3: expected the end of the line", "certificate 1", "certificate 1 2")
	edit("rows-zero", "line 3 field 2: rows: 0, expected an integer in 1..", "rows 4", "rows 0")
	edit("rows-negative", "line 3 field 2: rows: \"-4\"", "rows 4", "rows -4")
	edit("rows-fraction", "line 3 field 2: rows: \"4.0\"", "rows 4", "rows 4.0")
	edit("rows-huge", "line 3 field 2: rows: 4000000000", "rows 4", "rows 4000000000")
	edit("rows-overflow", "line 3 field 2: rows: \"184467", "rows 4", "rows 18446744073709551620")
	edit("rows-more-than-given", "line 19 field 1: \"y\", expected x", "rows 4", "rows 5")
	edit("rows-fewer-than-given", "line 18 field 1: \"x\", expected y", "rows 4", "rows 3")
	edit("cols-more-than-given", "line 15 field 4: the line ends here", "cols 2", "cols 3")
	edit("cols-fewer-than-given", "line 15 field 3: expected the end of the line", "cols 2", "cols 1")
	edit("cols-huge", "line 4 field 2: cols: 16777217", "cols 2", "cols 16777217")
	edit("rows-times-cols", "line 14 field 3: rows x cols: more than 1073741824", "rows 4\ncols 2", "rows 2147483647\ncols 16777216")
	edit("neurons-announced-two", "line 24 field 1: \"primal\", expected neuron", "neurons 1", "neurons 2")
	edit("neurons-announced-many", "line 24 field 1: \"primal\", expected neuron", "neurons 1", "neurons 2147483647")
	edit("neurons-announced-none", "line 22 field 1: \"neuron\", expected primal", "neurons 1", "neurons 0")
	edit("patterns-announced-many", "line 33 field 1: \"section\", expected pattern", "patterns 1", "patterns 2147483647")
	edit("patterns-announced-none", "line 22 field 2: pattern: 0, expected an integer in 0..-1", "patterns 1", "patterns 0")
	edit("multipliers-announced-fewer", "line 32 field 2: number of multipliers: 3, expected an integer in 1..2", "multipliers 5", "multipliers 4")
	edit("multipliers-announced-more", "5 multipliers read, 6 announced", "multipliers 5", "multipliers 6")
	edit("count-missing", "line 5 field 1: \"patterns\", expected neurons", "neurons 1\n", "")
	edit("counts-out-of-order", "line 5 field 1: \"patterns\", expected neurons", "neurons 1\npatterns 1\n", "patterns 1\nneurons 1\n")
	edit("activation-unknown", "line 9 field 2: activation: \"tanh\"", "activation relu", "activation tanh")
	for name, slope := range map[string]string{"zero": "0", "one": "1", "negative": "-0.5", "missing": "", "nan": "nan", "hexadecimal": "0x1p-2", "underscore": "0.0_1", "rounds-to-one": "0.99999999999999999999"} {
		edit("activation-slope-"+name, "line 9 field 2: activation: slope ", "activation relu", "activation leaky:"+slope)
	}
	edit("activation-slope-apart", "line 9 field 2: activation: \"leaky\"", "activation relu", "activation leaky 0.1")
	edit("activation-abs-with-slope", "line 9 field 2: activation: \"abs:0.1\"", "activation relu", "activation abs:0.1")
	edit("loss-unknown", "line 10 field 2: loss: \"cubic\"", "loss squared", "loss cubic")
	edit("loss-without-threshold", "line 10 field 3: the line ends here", "loss squared", "loss huber")
	edit("loss-threshold-zero", "line 10 field 3: threshold: 0, expected a finite number > 0", "loss squared", "loss huber 0")
	edit("loss-level-one", "line 10 field 3: threshold: 1, expected a level between 0 and 1", "loss squared", "loss quantile 1")
	edit("loss-with-threshold", "\"1\" after loss l1", "loss squared", "loss l1 1")
	edit("intercept-yes", "line 11 field 2: intercept: \"yes\"", "intercept false", "intercept yes")
	edit("beta-negative", "line 12 field 2: beta: -0.25", "beta 0.25", "beta -0.25")
	edit("beta-nan", "line 12 field 2: beta: \"nan\"", "beta 0.25", "beta nan")
	edit("beta-infinite", "line 12 field 2: beta: \"Inf\"", "beta 0.25", "beta Inf")
	edit("beta-overflow", "line 12 field 2: beta: \"1e309\"", "beta 0.25", "beta 1e309")
	edit("beta-hexadecimal", "line 12 field 2: beta: \"0x1p-2\"", "beta 0.25", "beta 0x1p-2")
	edit("beta-underscore", "line 12 field 2: beta: \"0_1\"", "beta 0.25", "beta 0_1")
	edit("beta-two-points", "line 12 field 2: beta: \"0.2.5\"", "beta 0.25", "beta 0.2.5")
	edit("beta-comma", "line 12 field 2: beta: \"0,25\"", "beta 0.25", "beta 0,25")
	edit("beta-endless", "line 12 field 2: more than 64 characters where beta is expected", "beta 0.25", "beta 0.25"+strings.Repeat("0", 61))
	edit("sha256-short", "line 13 field 2: sha256: 63 characters", "sha256 "+boundary().Program.SHA256, "sha256 "+boundary().Program.SHA256[1:])
	edit("sha256-upper-case", "line 13 field 2: sha256: 'A' is not a lower-case hex digit", "sha256 "+boundary().Program.SHA256, "sha256 A"+boundary().Program.SHA256[1:])
	edit("data-form", "line 14 field 3: data form: \"packed\"", "data dense", "data packed")
	edit("data-missing", "no section data", relu[strings.Index(relu, "section data"):strings.Index(relu, "section network")], "")
	edit("section-unknown", "line 14 field 2: section \"box\"", "section data", "section box")
	edit("section-missing", "line 20 field 1: \"constant\", expected section", "section network\n", "")
	edit("sections-swapped", "line 26 field 2: section \"patterns\", expected section dual", "section dual restricted\n", "section patterns\n")
	edit("scope-global", "line 26 field 3: scope: \"global\"", "dual restricted", "dual global")
	edit("neuron-of-no-pattern", "line 22 field 2: pattern: 1, expected an integer in 0..0", "neuron 0 1", "neuron 1 1")
	edit("neuron-without-alpha", "line 22 field 3: the line ends here, expected alpha", "neuron 0 1\n", "neuron 0\n")
	edit("weights-too-few", "line 23 field 3: the line ends here, expected w", "w 1 0\n", "w 1\n")
	edit("relu-with-gate", "line 24 field 1: \"gate\", expected primal", "w 1 0\n", "w 1 0\ngate 1 0\n")
	edit("nu-too-many", "line 27 field 6: expected the end of the line", "nu -1 0 0 0.5", "nu -1 0 0 0.5 0")
	edit("pattern-spare-bit", "line 30 field 2: pattern: bits beyond row 3 are set", "0000000000000009", "0000000000000019")
	edit("pattern-short-word", "line 30 field 2: pattern: \"9\"", "0000000000000009", "9")
	edit("pattern-two-words", "line 30 field 3: expected the end of the line", "0000000000000009", "0000000000000009 0000000000000000")
	edit("mu-rows-descend", "line 31 field 5: row: 0, expected an integer in 1..3", "mu+ 2 0 0.5 1 0.25", "mu+ 2 0 0.5 0 0.25")
	edit("mu-row-beyond", "line 32 field 7: row: 4, expected an integer in 3..3", "3 0.5\nsection gap", "4 0.5\nsection gap")
	edit("mu-without-value", "line 31 field 6: the line ends here, expected mu", "1 0.25\n", "1\n")
	edit("mu-none", "line 31 field 2: number of multipliers: 0", "mu+ 2 0 0.5 1 0.25", "mu+ 0")
	edit("mu-minus-first", "line 32 field 1: \"mu+\", expected section", "mu+ 2 0 0.5 1 0.25\nmu- 3 1 0 2 3 3 0.5\n", "mu- 3 1 0 2 3 3 0.5\nmu+ 2 0 0.5 1 0.25\n")
	edit("tol-zero", "line 35 field 2: tol: 0", "tol 1e-06", "tol 0")
	edit("status-priced", "line 36 field 2: status: \"priced\"", "status optimal", "status priced")
	edit("end-missing", "expected end", "end\n", "")
	edit("end-without-newline", "the file ends here", "end\n", "end")
	edit("after-the-end", "line 38: expected nothing after end", "end\n", "end\nend\n")
	edit("double-space", "line 3 field 2: an empty field where rows is expected", "rows 4", "rows  4")
	edit("trailing-space", "line 3 field 3: expected the end of the line", "rows 4\n", "rows 4 \n")
	edit("leading-space", "line 3 field 1: an empty field", "rows 4", " rows 4")
	edit("tab", "line 3 field 1: byte 0x09", "rows 4", "rows\t4")
	edit("carriage-return", "line 3 field 2: byte 0x0d", "rows 4\n", "rows 4\r\n")
	edit("empty-line", "line 4 field 1: an empty field", "rows 4\n", "rows 4\n\n")
	edit("not-ascii", "line 9 field 2: byte 0xc3", "activation relu", "activation rel\u00fc")
	edit("zero-byte", "line 9 field 2: byte 0x00", "activation relu", "activation relu\x00")
	shifted := encoded(exactOffset())
	weighted := encoded(exactWeights(Hinge))
	put("weights-missing", "expected weights", replaceAll(weighted, "weights 2\n", ""))
	put("weights-unannounced", "\"weights\", expected section", replaceAll(weighted, "loss hinge weights", "loss hinge"))
	put("weights-twice", "\"weights\" after loss hinge", replaceAll(weighted, "loss hinge weights", "loss hinge weights weights"))
	put("weights-before-offset", "\"offset\" after loss hinge", replaceAll(weighted, "loss hinge weights", "loss hinge weights offset"))
	put("weights-of-linf", "\"weights\" after loss linf", replaceAll(weighted, "loss hinge weights", "loss linf weights"))
	put("weights-of-monotone", "\"weights\" after loss monotone", replaceAll(weighted, "loss hinge weights", "loss monotone weights"))
	put("weights-too-many", "expected the end of the line", replaceAll(weighted, "weights 2\n", "weights 2 1\n"))
	put("weights-infinite", "weights", replaceAll(weighted, "weights 2\n", "weights inf\n"))
	put("offset-missing", "expected offset", replaceAll(shifted, "offset 0.25\n", ""))
	put("offset-unannounced", "line 17 field 1: \"offset\", expected section", replaceAll(shifted, "loss hinge offset", "loss hinge"))
	put("offset-other-word", "\"shift\" after loss hinge", replaceAll(shifted, "loss hinge offset", "loss hinge shift"))
	put("offset-too-many", "expected the end of the line", replaceAll(shifted, "offset 0.25\n", "offset 0.25 0\n"))
	edit("offset-of-squares", "\"offset\" after loss squared", "loss squared", "loss squared offset")
	malformedGlobal(put)
	put("gated-without-gate", "expected gate", replaceAll(gated, gated[strings.Index(gated, "gate "):strings.Index(gated, "primal ")], ""))
	put("gated-with-multipliers", "mu+: a gated program has no multipliers", replaceAll(gated, "section gap", "mu+ 1 0 1\nsection gap", "multipliers 0", "multipliers 1"))
	put("sparse-columns-descend", "column: 0, expected an integer in 1..2", strings.Replace(sparse, sparse[strings.Index(sparse, "x 2"):strings.Index(sparse, "x 2")+1+strings.Index(sparse[strings.Index(sparse, "x 2"):], "\n")], "x 2 0 1 0 1\n", 1))
	put("sparse-count-beyond", "number of entries: 4, expected an integer in 0..3", strings.Replace(sparse, "x 2", "x 4", 1))
	put("empty", "expected multigrade-certificate", "")
	lines := strings.SplitAfter(relu, "\n")
	for _, k := range []int{1, 6, 12, 15, 20, 25, 28, 32} {
		put(fmt.Sprintf("cut-after-%02d", k), fmt.Sprintf("line %d", k+2), strings.Join(lines[:k], ""))
	}
	put("cut-within-a-number", "the file ends here, expected nu", relu[:strings.Index(relu, "nu -1 0 0 0.5")+12])
	return texts
}

// malformedGlobal edits section global.
func malformedGlobal(put func(name, expect, text string)) {
	members := globalMembers()
	tree, closed, long := encoded(members["global-tree-rank-2"]), encoded(members["global-closed-rank-2"]), encoded(members["global-tree-rank-3-refined"])
	section := tree[strings.Index(tree, "section global"):strings.Index(tree, "end\n")]
	plus := string(members["global-tree-rank-2"].Global.Plus)
	hash := treeHash(members["global-tree-rank-2"].Global)
	count := fmt.Sprintf("tree+ %d ", len(plus))
	edit := func(name, expect string, pairs ...string) { put("global-"+name, expect, replaceAll(tree, pairs...)) }

	edit("form", "form: \"cells\"", "section global tree", "section global cells")
	edit("form-missing", "the line ends here, expected form", "section global tree", "section global")
	edit("form-of-the-other", "\"tree+\", expected quadratic+", "section global tree", "section global closed")
	edit("twice", "\"section\", expected end", section, section+section)
	edit("node", "node 'x', expected '.' or an edge", count+plus, count+"x"+plus[1:])
	edit("node-slash", "node '/', expected '.' or an edge", count+plus, count+"/"+plus[1:])
	edit("nodes-none", "number of nodes: 0, expected an integer in 1..", count+plus, "tree+ 0 "+plus)
	edit("nodes-fewer", "nodes in a field, expected", count, "tree+ 2 ")
	edit("nodes-more", "nodes in a field, expected", count, "tree+ 64 ")
	edit("nodes-other", "the trees hash to", plus, "."+plus[1:])
	edit("hash-other", "the trees hash to", hash, strings.Repeat("0", 64))
	edit("hash-missing", "\"end\", expected sha256", "sha256 "+hash+"\nend", "end")
	edit("minus-missing", "\"sha256\", expected tree-", "tree- 4 ....\n", "")
	edit("status", "status: \"proved\"", "status priced", "status proved")
	edit("nu-missing", "expected nu", tree[strings.LastIndex(tree, "nu "):strings.LastIndex(tree, "bound")], "")
	put("global-fields-uneven", "63 nodes in a field, expected 64", unevenFields(long))
	put("global-quadratic-missing", "\"end\", expected quadratic-", replaceAll(closed, closed[strings.Index(closed, "quadratic-"):strings.Index(closed, "end\n")], ""))
	put("global-quadratic-infinite", "quadratic+: \"inf\"", replaceAll(closed, "quadratic+ ", "quadratic+ inf "))
	put("global-quadratic-of-four", "expected the end of the line", replaceAll(closed, "quadratic+ ", "quadratic+ 1 "))
	rows := encoded(members["global-rows-rank-2"])
	line := func(keyword string) string {
		at := strings.Index(rows, "\n"+keyword+" ") + 1
		return rows[at : at+strings.IndexByte(rows[at:], '\n')]
	}
	put("global-rows-of-tree", "\"tree+\", expected parabolas+", replaceAll(tree, "section global tree", "section global rows"))
	put("global-rows-as-closed", "\"parabolas+\", expected quadratic+", replaceAll(rows, "section global rows", "section global closed"))
	put("global-rows-slope-missing", "\"curvature+\", expected slope+", replaceAll(rows, line("slope+")+"\n", ""))
	put("global-rows-slope-short", "the line ends here, expected slope+", replaceAll(rows, line("slope+"), line("slope+")[:strings.LastIndexByte(line("slope+"), ' ')]))
	put("global-rows-slope-long", "expected the end of the line", replaceAll(rows, line("slope-"), line("slope-")+" 0"))
	put("global-rows-curvature-infinite", "curvature+: \"inf\"", replaceAll(rows, line("curvature+"), "curvature+ inf"+line("curvature+")[strings.IndexByte(line("curvature+")[11:], ' ')+11:]))
	put("global-rows-minus-missing", "\"end\", expected parabolas-", rows[:strings.Index(rows, "parabolas-")]+"end\n")
	transfers := encoded(members["global-transfers-rank-2"])
	first := transfers[strings.Index(transfers, "\ntransfer ")+1:]
	first = first[:strings.IndexByte(first, '\n')]
	field := func(at int, s string) string {
		fields := strings.Split(first, " ")
		fields[at] = s
		return strings.Join(fields, " ")
	}
	put("global-transfers-fewer", "expected transfer", replaceAll(transfers, "transfers+ 2", "transfers+ 3"))
	put("global-transfers-more", "expected parabolas-", replaceAll(transfers, "transfers+ 2", "transfers+ 1"))
	put("global-transfers-none", "number of transfers: 0", replaceAll(transfers, "transfers+ 2", "transfers+ 0"))
	put("global-transfers-many", "number of transfers: 65", replaceAll(transfers, "transfers+ 2", "transfers+ 65"))
	put("global-transfers-row", "row: 8", replaceAll(transfers, first, field(1, "8")))
	put("global-transfers-weight", "weight: \"inf\"", replaceAll(transfers, first, field(2, "inf")))
	put("global-transfers-terms-none", "number of terms: 0", replaceAll(transfers, first, field(4, "0")))
	put("global-transfers-terms-more", "row", replaceAll(transfers, first, field(4, "3")))
	put("global-transfers-term-row", "row: \"-1\"", replaceAll(transfers, first, field(5, "-1")))
	put("global-transfers-of-minus", "\"transfers-\", expected parabolas-", replaceAll(transfers, "transfers+ 2", "transfers- 2"))
	branches := encoded(members["global-branches-rank-2"])
	top := branches[strings.Index(branches, "\nr ")+1:]
	top = top[:strings.IndexByte(top, '\n')]
	signs := branches[strings.Index(branches, "\nsigns+ ")+1:]
	signs = signs[:strings.IndexByte(signs, '\n')]
	put("global-branches-nodes-fewer", "\"r\", expected tree-", replaceAll(branches, "tree+ 5", "tree+ 2"))
	put("global-branches-nodes-more", "\"tree-\", expected . or r", replaceAll(branches, "tree+ 5", "tree+ 6"))
	put("global-branches-nodes-none", "tree+: 0", replaceAll(branches, "tree+ 5", "tree+ 0"))
	put("global-branches-node-unknown", "\"k\", expected . or r", replaceAll(branches, top, "k"+top[1:]))
	put("global-branches-row", "row: 8", replaceAll(branches, top, "r 8"))
	put("global-branches-leaf-and-more", "expected the end of the line", replaceAll(branches, "\n.\n", "\n. 0\n"))
	put("global-branches-signs-short", "the line ends here, expected multiplier", replaceAll(branches, signs, strings.Replace(signs, "signs+ 1", "signs+ 2", 1)))
	put("global-branches-signs-none", "number of rows: 0", replaceAll(branches, signs, "signs+ 0"))
	put("global-branches-signs-of-minus", "\"signs-\"", replaceAll(branches, "signs+", "signs-"))
	put("global-branches-as-rows", "\"tree+\", expected parabolas+", replaceAll(branches, "section global branches", "section global rows"))
	put("global-of-gated", "a gated program has none", replaceAll(encoded(manyRows(3)), "end\n", "section global closed\nnu 0 0 0\nbound 0\nrel_gap 0\nstatus limit\nquadratic+ 1 1 1\nquadratic- 1 1 1\nend\n"))
}

// unevenFields moves the last character of a tree's first field into the next.
func unevenFields(text string) string {
	at := strings.Index(text, "tree+")
	space := at + strings.IndexByte(text[at+6:], ' ') + 6 + 65
	return text[:space-1] + " " + text[space-1:space] + text[space+1:]
}
