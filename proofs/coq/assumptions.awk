# Judges the output of Print Assumptions: every listed theorem must be reported, and every axiom must be an allowed one.
BEGIN { n = split(allowed, names, " "); for (i = 1; i <= n; i++) ok[names[i]] = 1 }

/^theorem /                          { theorem = $2; theorems++; next }
/^Closed under the global context/   { reported++; next }
/^Axioms:/                           { reported++; next }
/^[^ ]/ {
	if (!($1 in ok)) { printf "%s assumes %s\n", theorem, $1 > "/dev/stderr"; bad = 1 }
	used[$1] = 1
}

END {
	if (theorems != expected || reported != expected) {
		printf "expected %d theorems, found %d and %d reports\n", expected, theorems, reported > "/dev/stderr"; bad = 1
	}
	if (bad) exit 1
	printf "%d theorems; axioms used, all of the standard library's reals:", theorems
	for (name in used) printf " %s", name
	printf "\n"
}
