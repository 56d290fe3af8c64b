(** * Polynomials by squares: the grades of [approx --compose]

    With u(t) = t (1 - t), the first k terms of the tents' series leave between 0 and 4^-(k+1) of u(t) on [0,1].  A polynomial of degree 2 is an
    affine function and a combination of u at affine functions: grade by grade, one layer more for each leaves a quarter.  Products are
    differences of squares, and squares of inexact values are as good as the values. *)

From Coq Require Import Reals List Lra.
From Multigrade Require Import SoftThreshold TentScheme.
Import ListNotations.
Open Scope R_scope.

(** The first k terms. *)
Fixpoint series (k : nat) (t : R) : R := match k with O => 0 | S k' => series k' t + folded k t / 4 ^ k end.

Lemma series_remainder k t : 0 <= t <= 1 -> parabola t - series k t = parabola (folded k t) / 4 ^ k.
Proof.
  intros Ht. induction k as [|k IH]; [cbn; field|].
  assert (E : parabola t - series (S k) t = parabola t - series k t - folded (S k) t / 4 ^ S k) by (cbn [series]; ring).
  rewrite E, IH, (parabola_folds (folded k t)) by now apply folded_range.
  cbn [folded pow]. field. apply pow_nonzero. lra.
Qed.

Theorem series_rate k t : 0 <= t <= 1 -> 0 <= parabola t - series k t <= / 4 ^ S k.
Proof.
  intros Ht. rewrite series_remainder by exact Ht. assert (h := parabola_range _ (folded_range k t Ht)). assert (hp := power4 k).
  replace (/ 4 ^ S k) with (/ 4 * / 4 ^ k) by (simpl; field; apply pow_nonzero; lra). unfold Rdiv. nra.
Qed.

(** A combination sum of c u(t), of pairs (c, t), with k terms for each, and the size of its coefficients. *)
Fixpoint exactly (l : list (R * R)) : R := match l with [] => 0 | (c, t) :: l' => c * parabola t + exactly l' end.
Fixpoint by_terms (k : nat) (l : list (R * R)) : R := match l with [] => 0 | (c, t) :: l' => c * series k t + by_terms k l' end.
Fixpoint total (l : list (R * R)) : R := match l with [] => 0 | (c, _) :: l' => c + total l' end.
Fixpoint size (l : list (R * R)) : R := match l with [] => 0 | (c, _) :: l' => Rabs c + size l' end.

(** Moved to the middle of what is left, a grade of [approx] is off by half of that: the dead zone of grade k is size / (2 4^(k+1)), and by
    [ComposedTraining.composed_training] at most size / 4^(k+1) is left after it. *)
Theorem quadratic_rate k l : (forall c t, In (c, t) l -> 0 <= t <= 1) ->
  Rabs (exactly l - (by_terms k l + total l / (2 * 4 ^ S k))) <= size l / (2 * 4 ^ S k).
Proof.
  intros H. induction l as [|[c t] l IH].
  - cbn [exactly by_terms total size]. assert (hp := pow_nonzero 4 (S k)). rewrite Rabs_right; unfold Rdiv; lra.
  - assert (IH' := IH (fun c' t' h => H c' t' (or_intror h))). assert (hs := series_rate k t (H c t (or_introl eq_refl))).
    assert (h0 : 4 ^ S k <> 0) by (apply pow_nonzero; lra).
    cbn [exactly by_terms total size]. set (q := / 4 ^ S k) in *.
    replace (c * parabola t + exactly l - (c * series k t + by_terms k l + (c + total l) / (2 * 4 ^ S k)))
      with (c * (parabola t - series k t - q / 2) + (exactly l - (by_terms k l + total l / (2 * 4 ^ S k)))) by (unfold q; field; exact h0).
    replace ((Rabs c + size l) / (2 * 4 ^ S k)) with (Rabs c * (q / 2) + size l / (2 * 4 ^ S k)) by (unfold q; field; exact h0).
    eapply Rle_trans; [apply Rabs_triang|]. apply Rplus_le_compat; [|exact IH'].
    rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos|]. apply Rabs_le. lra.
Qed.

(** Degree 2: squares and products of variables of [0,1]. *)
Lemma square_of_variable x : x * x = x - parabola x.
Proof. unfold parabola. ring. Qed.
Lemma product_of_variables x y : x * y = (x + y) / 2 - 2 * parabola ((x + y) / 2) + parabola x / 2 + parabola y / 2.
Proof. unfold parabola. field. Qed.

(** Beyond: squares of w in [-1,1], products, Chebyshev polynomials' doubling. *)
Lemma square_in_unit w : w * w = 1 - 4 * parabola ((w + 1) / 2).
Proof. unfold parabola. field. Qed.
Lemma product_by_squares a b : a * b = (a + b) / 2 * ((a + b) / 2) - (a - b) / 2 * ((a - b) / 2).
Proof. field. Qed.

(** The square of an inexact value, with k terms. *)
Theorem square_of_inexact k w v delta : -1 <= w <= 1 -> -1 <= v <= 1 -> Rabs (w - v) <= delta ->
  Rabs (w * w - (1 - 4 * series k ((v + 1) / 2))) <= 2 * delta + / 4 ^ k.
Proof.
  intros Hw Hv Hd. assert (hs := series_rate k ((v + 1) / 2) ltac:(lra)).
  replace (/ 4 ^ S k) with (/ 4 ^ k / 4) in hs by (simpl; field; apply pow_nonzero; lra).
  replace (w * w - (1 - 4 * series k ((v + 1) / 2))) with ((w - v) * (w + v) + - (4 * (parabola ((v + 1) / 2) - series k ((v + 1) / 2))))
    by (unfold parabola; field).
  eapply Rle_trans; [apply Rabs_triang|]. apply Rplus_le_compat.
  - rewrite Rabs_mult, Rmult_comm. apply Rmult_le_compat; try apply Rabs_pos; [apply Rabs_le; lra|exact Hd].
  - rewrite Rabs_Ropp. apply Rabs_le. assert (hp := power4 k). lra.
Qed.
