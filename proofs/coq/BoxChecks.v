(** * What the checker decides on simplices, boxes and leaves

    The steps between a bound at finitely many points and one on all of a simplex, a box or a cone. *)

From Coq Require Import Reals List Lra Lia.
From Multigrade Require Import FiniteSum Vector TrainingBound SoftThreshold OneSided.
Open Scope R_scope.

(** ** A form alpha f + l, l affine, on a simplex: its vertices and what f departs from its interpolant *)

Section Simplex.
Context {A : Type}.
Variable vertices : list A.
Variable lambda : A -> R.
Hypothesis lambda_nonneg : forall a, In a vertices -> 0 <= lambda a.
Hypothesis lambda_total : lsum vertices lambda = 1.
Notation mean := (mean vertices lambda).

Lemma mean_ge u b : (forall a, In a vertices -> b <= u a) -> b <= mean u.
Proof.
  intros H. assert (h : mean (fun a => - u a) <= - b) by (apply mean_le; auto; intros a Ha _; specialize (H a Ha); lra).
  rewrite mean_opp in h. lra.
Qed.

Theorem form_nonneg alpha f (fa la : A -> R) under over :
  - under <= f - mean fa <= over ->
  (forall a, In a vertices -> Rmax (alpha * under) (- alpha * over) <= alpha * fa a + la a) ->
  0 <= alpha * f + mean la.
Proof.
  intros Hf Ha. assert (Hm : Rmax (alpha * under) (- alpha * over) <= mean (fun a => alpha * fa a + la a)) by now apply mean_ge.
  assert (E : mean (fun a => alpha * fa a + la a) = alpha * mean fa + mean la).
  { unfold SoftThreshold.mean. rewrite <- lsum_scal, <- lsum_plus. apply lsum_ext. intros; ring. }
  rewrite E in Hm. assert (h1 := Rmax_l (alpha * under) (- alpha * over)). assert (h2 := Rmax_r (alpha * under) (- alpha * over)).
  destruct (Rle_dec 0 alpha) as [Hs|Hs]; nra.
Qed.

(** |f - c| on a simplex or a box: the largest value at a vertex and the departure. *)
Theorem within_of_vertices f (fa : A -> R) off limit :
  Rabs (f - mean fa) <= off -> (forall a, In a vertices -> Rabs (fa a) + off <= limit) -> Rabs f <= limit.
Proof.
  intros Hf Ha. assert (Hm : Rabs (mean fa) <= limit - off) by (apply mean_abs_le; auto; intros a Hin _; specialize (Ha a Hin); lra).
  replace f with (f - mean fa + mean fa) by ring. eapply Rle_trans; [apply Rabs_triang|]. lra.
Qed.
End Simplex.

(** ** A unit whose sign is open on a box: the chord *)

Theorem relu_chord z lo hi : lo < 0 < hi -> lo <= z <= hi ->
  0 <= relu z - hi / (hi - lo) * z <= hi / (hi - lo) * - lo.
Proof.
  intros H Hz. set (s := hi / (hi - lo)).
  assert (Hs : s * (hi - lo) = hi) by (unfold s; field; lra). assert (H0 : 0 < s) by (unfold s; apply Rdiv_lt_0_compat; lra).
  assert (H1 : s < 1) by nra. destruct (Rle_dec 0 z).
  - rewrite relu_pos by assumption. split; nra.
  - rewrite relu_neg by lra. split; nra.
Qed.

(** relu z is s z + r/2 (1 + b) with |b| <= 1, whatever z is made of. *)
Theorem relu_bend z lo hi : lo < 0 < hi -> lo <= z <= hi ->
  exists b, Rabs b <= 1 /\ relu z = hi / (hi - lo) * z + hi / (hi - lo) * - lo / 2 * (1 + b).
Proof.
  intros H Hz. destruct (relu_chord z lo hi H Hz) as [h1 h2]. set (s := hi / (hi - lo)) in *. set (r := s * - lo) in *.
  assert (Hs : 0 < s) by (unfold s; apply Rdiv_lt_0_compat; lra). assert (Hr : 0 < r) by (unfold r; nra).
  exists (2 * (relu z - s * z) / r - 1). split; [|field; lra].
  assert (0 <= (relu z - s * z) / r <= 1).
  { split; [apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat, Hr]|].
    apply Rmult_le_reg_r with r; [exact Hr|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra. }
  apply Rabs_le. unfold Rdiv in *. lra.
Qed.

(** ** A quadratic form without a factorisation *)

Theorem form_by_trace d (q : (nat -> R) -> R) c rho mu tau :
  (forall w, q w <= rho * norm2 d w) -> rho <= mu -> 0 <= tau -> norm2 d c <= 4 * (mu - rho) * tau ->
  forall w t, 0 <= mu * norm2 d w - q w - t * dot d c w + tau * (t * t).
Proof.
  intros Hq Hrho Htau Hc w t. specialize (Hq w). set (k := mu - rho) in *. set (a := norm d w).
  assert (Ha : norm2 d w = a * a) by (unfold a; now rewrite norm_square). assert (Ha0 : 0 <= a) by apply norm_nonneg.
  assert (Hdot : t * dot d c w <= Rabs t * (norm d c * a)).
  { eapply Rle_trans; [apply Rle_abs|]. rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos|]. apply Rabs_le. split.
    - assert (h := cauchy_schwarz d c (fun j => -1 * w j)). rewrite dot_scal_r, norm_scal, Rabs_left in h by lra. fold a in h. lra.
    - apply cauchy_schwarz. }
  assert (Hn0 := norm_nonneg d c). assert (Ht0 := Rabs_pos t).
  assert (Htt : t * t = Rabs t * Rabs t) by (rewrite <- Rabs_mult; symmetry; apply Rabs_pos_eq, Rle_0_sqr).
  assert (Hcc : norm d c * norm d c <= 4 * k * tau) by (rewrite norm_square; exact Hc).
  assert (H : Rabs t * (norm d c * a) <= k * (a * a) + tau * (Rabs t * Rabs t)).
  { assert (Hk : 0 <= k) by (unfold k; lra). assert (Haa : 0 <= a * a) by nra. assert (Htt0 : 0 <= Rabs t * Rabs t) by nra.
    assert (h3 : 0 <= k * (a * a)) by now apply Rmult_le_pos. assert (h4 : 0 <= tau * (Rabs t * Rabs t)) by now apply Rmult_le_pos.
    apply Rsqr_incr_0_var; [|lra].
    unfold Rsqr. replace (Rabs t * (norm d c * a) * (Rabs t * (norm d c * a))) with (norm d c * norm d c * ((a * a) * (Rabs t * Rabs t))) by ring.
    assert (Hp : 0 <= a * a * (Rabs t * Rabs t)) by now apply Rmult_le_pos.
    assert (h : norm d c * norm d c * (a * a * (Rabs t * Rabs t)) <= 4 * k * tau * (a * a * (Rabs t * Rabs t))) by now apply Rmult_le_compat_r.
    assert (h2 := Rle_0_sqr (k * (a * a) - tau * (Rabs t * Rabs t))). unfold Rsqr in h2. lra. }
  rewrite Ha in *. rewrite Htt. unfold k in H. lra.
Qed.

(** ** Leaves of a tree: a vector c that misses bounds at vertices by at most t *)

Section Leaf.
Context {A : Type}.
Variable r : nat.
Variable vertices : list A.
Variable vertex : A -> nat -> R.
Variable sigma : nat -> R.       (* the orthant *)
Hypothesis sigma_sign : forall k, (k < r)%nat -> sigma k * sigma k = 1.
Hypothesis on_simplex : forall a, In a vertices -> dot r sigma (vertex a) = 1.

Lemma dot_combination u (l : A -> R) w : (forall k, (k < r)%nat -> w k = lsum vertices (fun a => l a * vertex a k)) ->
  dot r u w = lsum vertices (fun a => l a * dot r u (vertex a)).
Proof.
  intros Hw. unfold dot, sum. rewrite (lsum_ext _ (fun j => u j * w j) (fun j => lsum vertices (fun a => l a * (u j * vertex a j)))).
  - rewrite lsum_swap. apply lsum_ext. intros a _. now rewrite lsum_scal.
  - intros j Hj. rewrite Hw by now apply in_below. rewrite <- lsum_scal. apply lsum_ext. intros; ring.
Qed.

(** The weights of a point sum to its 1-norm, which is at most sqrt r times its length. *)
Lemma weights_total (l : A -> R) w : (forall k, (k < r)%nat -> w k = lsum vertices (fun a => l a * vertex a k)) ->
  lsum vertices l <= sqrt (INR r) * norm r w.
Proof.
  intros Hw. assert (E : lsum vertices l = dot r sigma w).
  { rewrite (dot_combination sigma l w Hw). apply lsum_ext. intros a Ha. rewrite on_simplex by exact Ha. ring. }
  rewrite E. replace (sqrt (INR r)) with (norm r sigma); [apply cauchy_schwarz|]. unfold norm. f_equal.
  unfold norm2, dot. rewrite (sum_ext r _ (fun _ => 1)) by (intros; now apply sigma_sign).
  clear. induction r as [|n IH]; [reflexivity|]. now rewrite sum_S, IH, S_INR.
Qed.

Theorem leaf_with_room c (U : A -> R) t (l : A -> R) w :
  0 <= t -> (forall a, In a vertices -> U a <= dot r c (vertex a) + t) -> (forall a, In a vertices -> 0 <= l a) ->
  (forall k, (k < r)%nat -> w k = lsum vertices (fun a => l a * vertex a k)) ->
  lsum vertices (fun a => l a * U a) <= (norm r c + sqrt (INR r) * t) * norm r w.
Proof.
  intros Ht HU Hl Hw.
  apply Rle_trans with (lsum vertices (fun a => l a * dot r c (vertex a) + t * l a)).
  - apply lsum_le. intros a Ha. specialize (HU a Ha). specialize (Hl a Ha). nra.
  - rewrite lsum_plus, lsum_scal, <- (dot_combination c l w Hw). assert (h1 := cauchy_schwarz r c w).
    assert (h2 := weights_total l w Hw). assert (t * lsum vertices l <= t * (sqrt (INR r) * norm r w)) by now apply Rmult_le_compat_l. lra.
Qed.
End Leaf.
