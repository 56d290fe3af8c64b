(* Local thresholds: the lemma the checker already decides (0 <= q <= 2e), with an interpolation error that depends on the point. *)
From Coq Require Import Reals List Lra Lia.
From Multigrade Require Import FiniteSum TrainingBound SoftThreshold KuhnHat Continuity CubeIntegral Scheme.
Open Scope R_scope.

Section Local.
Context {A : Type}.
Variable nodes : list A.
Variable lambda : A -> R.
Hypothesis lambda_nonneg : forall a, In a nodes -> 0 <= lambda a.
Hypothesis lambda_total : lsum nodes lambda = 1.
Notation mean := (mean nodes lambda).

(** No oscillation, no global eps: where the point's own eps is eps, any values with 0 <= v <= 2 (c - eps) will do. *)
Theorem local_correction e (c v : A -> R) eps :
  Rabs (e - mean c) <= eps ->
  (forall a, In a nodes -> 0 < lambda a -> 0 <= v a <= 2 * (c a - eps)) -> 0 <= mean v <= 2 * e.
Proof.
  intros He Hv. split.
  - apply lsum_nonneg. intros a Ha. assert (h := lambda_nonneg a Ha).
    destruct (Req_dec (lambda a) 0) as [->|Hz]; [lra|]. apply Rmult_le_pos; [exact h|]. apply Hv; [exact Ha | lra].
  - assert (h : mean (fun a => v a - 2 * c a) <= - 2 * eps).
    { apply mean_le; auto. intros a Ha Hp. destruct (Hv a Ha Hp). lra. }
    unfold SoftThreshold.mean in *.
    rewrite (lsum_ext _ _ (fun a => lambda a * v a - 2 * (lambda a * c a))), lsum_minus, lsum_scal in h by (intros; ring).
    unfold Rabs in He. destruct Rcase_abs; lra.
Qed.

Theorem local_shrinks e (c v : A -> R) eps rho :
  Rabs (e - mean c) <= eps ->
  (forall a, In a nodes -> 0 < lambda a -> 0 <= v a <= c a - eps) -> (forall a, In a nodes -> 0 < lambda a -> Rabs (c a - v a) <= rho) ->
  Rabs (e - mean v) <= Rabs e /\ Rabs (e - mean v) <= eps + rho /\ (mean v <> 0 -> Rabs (e - mean v) < Rabs e).
Proof.
  intros He Hv Hrho.
  assert (H2 : 0 <= mean v <= e).
  { assert (H : 0 <= mean (fun a => 2 * v a) <= 2 * e).
    { apply local_correction with c eps; [exact He|]. intros a Ha Hp. assert (h := Hv a Ha Hp). lra. }
    unfold SoftThreshold.mean in *. rewrite (lsum_ext _ _ (fun a => 2 * (lambda a * v a))), lsum_scal in H by (intros; ring). lra. }
  assert (Hm : Rabs (mean (fun a => c a - v a)) <= rho) by now apply mean_abs_le.
  unfold SoftThreshold.mean in *.
  rewrite (lsum_ext _ _ (fun a => lambda a * c a - lambda a * v a)), lsum_minus in Hm by (intros; ring).
  unfold Rabs in *. repeat split; intros; repeat destruct Rcase_abs; lra.
Qed.
End Local.

(** A grade with a bound eps x for every point x: pointwise and strict. *)
Theorem local_grade_lemma d N (e : point d -> R) (v : node d -> R) (eps : point d -> R) :
  (forall x, cube x -> Rabs (e x - interpolant N (sampled N e) x) <= eps x) ->
  (forall x, cube x ->
     (forall a, In a (nodes N d) -> 0 < hat (local N x a) -> 0 <= v a <= sampled N e a - eps x)
     \/ (forall a, In a (nodes N d) -> 0 < hat (local N x a) -> 0 <= - v a <= - sampled N e a - eps x)
     \/ (forall a, In a (nodes N d) -> 0 < hat (local N x a) -> v a = 0)) ->
  forall x, cube x -> Rabs (step N v e x) <= Rabs (e x) /\ (interpolant N v x <> 0 -> Rabs (step N v e x) < Rabs (e x)).
Proof.
  intros He Hv x Hx. unfold step. assert (Hex := He x Hx).
  assert (Hn : forall a, In a (nodes N d) -> 0 <= hat (local N x a)) by (intros; apply hat_nonneg).
  assert (Ht := hats_sum_to_one N d x Hx).
  destruct (Hv x Hx) as [H|[H|H]].
  - destruct (local_shrinks (nodes N d) (fun a => hat (local N x a)) Hn Ht (e x) (sampled N e) v (eps x)
      (lsum (nodes N d) (fun a => Rabs (sampled N e a - v a)))) as [h1 [_ h3]]; auto.
    intros a Ha _. apply (lsum_term_le (nodes N d) (fun a => Rabs (sampled N e a - v a))); auto. intros; apply Rabs_pos.
  - destruct (local_shrinks (nodes N d) (fun a => hat (local N x a)) Hn Ht (- e x) (fun a => - sampled N e a) (fun a => - v a) (eps x)
      (lsum (nodes N d) (fun a => Rabs (- sampled N e a - - v a)))) as [h1 [_ h3]]; auto.
    + unfold SoftThreshold.mean. rewrite (lsum_ext _ _ (fun a => -1 * (hat (local N x a) * sampled N e a))), lsum_scal by (intros; ring).
      unfold interpolant in Hex. rewrite <- Rabs_Ropp. match goal with |- Rabs ?t <= _ => replace t with (e x - lsum (nodes N d) (fun a => hat (local N x a) * sampled N e a)) by ring end. exact Hex.
    + intros a Ha _. apply (lsum_term_le (nodes N d) (fun a => Rabs (- sampled N e a - - v a))); auto. intros; apply Rabs_pos.
    + unfold SoftThreshold.mean in *.
      rewrite (lsum_ext _ _ (fun a => -1 * (hat (local N x a) * v a))), lsum_scal in h1, h3 by (intros; ring).
      unfold interpolant. set (q := lsum (nodes N d) (fun a => hat (local N x a) * v a)) in *.
      replace (- e x - -1 * q) with (- (e x - q)) in h1, h3 by ring. rewrite !Rabs_Ropp in h1, h3.
      split; [exact h1|]. intros Hq. apply h3. lra.
  - assert (Hz : interpolant N v x = 0).
    { apply lsum_zero. intros a Ha. destruct (Req_dec (hat (local N x a)) 0) as [->|Hne]; [ring|].
      rewrite H; auto; [ring|]. assert (h := hat_nonneg d (local N x a)). lra. }
    rewrite Hz, Rminus_0_r. split; [lra | tauto].
Qed.
