(** * The soft-threshold lemmas: a correction that never overshoots

    soft tau c = sign(c) max(|c| - tau, 0), two ReLU neurons.  Pointwise: a g within eps of e, shrunk by eps, can be subtracted from e
    without enlarging it anywhere.  Nodal: the same for an interpolant of shrunk node values, tau = eps + delta with delta the
    oscillation of the values whose weights are positive at the point. *)

From Coq Require Import Reals List Lra Lia.
From Multigrade Require Import FiniteSum TrainingBound.
Open Scope R_scope.

Definition soft (tau c : R) : R := relu (c - tau) - relu (- c - tau).

Lemma soft_above tau c : 0 <= tau -> tau <= c -> soft tau c = c - tau.
Proof. intros. unfold soft. rewrite relu_pos, relu_neg; lra. Qed.

Lemma soft_below tau c : 0 <= tau -> c <= - tau -> soft tau c = c + tau.
Proof. intros. unfold soft. rewrite relu_neg, relu_pos; lra. Qed.

Lemma soft_dead tau c : Rabs c <= tau -> soft tau c = 0.
Proof.
  intros H. unfold soft. unfold Rabs in H. destruct (Rcase_abs c); rewrite !relu_neg; lra.
Qed.

Lemma soft_opp tau c : soft tau (- c) = - soft tau c.
Proof. unfold soft. rewrite Ropp_involutive. ring. Qed.

(** sign(c) max(|c| - tau, 0). *)
Lemma soft_is_shrinkage tau c : 0 <= tau ->
  soft tau c = (if Rlt_dec 0 c then 1 else if Rlt_dec c 0 then -1 else 0) * Rmax (Rabs c - tau) 0.
Proof.
  intros H. destruct (Rlt_dec 0 c); [|destruct (Rlt_dec c 0)].
  - rewrite Rabs_pos_eq by lra. destruct (Rle_dec tau c).
    + rewrite soft_above, Rmax_left by lra. ring.
    + rewrite soft_dead, Rmax_right by (try rewrite Rabs_pos_eq; lra). ring.
  - rewrite Rabs_left by lra. destruct (Rle_dec c (- tau)).
    + rewrite soft_below, Rmax_left by lra. ring.
    + rewrite soft_dead, Rmax_right by (try rewrite Rabs_left; lra). ring.
  - assert (c = 0) as -> by lra. rewrite soft_dead by (rewrite Rabs_R0; lra). ring.
Qed.

(** What is left at a node is the value clipped to [-tau, tau]. *)
Lemma soft_remainder_is_clip tau c : 0 <= tau -> c - soft tau c = Rmax (- tau) (Rmin tau c).
Proof.
  intros H. destruct (Rle_dec tau c); [|destruct (Rle_dec c (- tau))].
  - rewrite soft_above, Rmin_left, Rmax_right by lra. ring.
  - rewrite soft_below, Rmin_right, Rmax_left by lra. ring.
  - rewrite soft_dead by (apply Rabs_le; lra). rewrite Rmin_right, Rmax_right by lra. ring.
Qed.

Lemma soft_moves_at_most tau c : 0 <= tau -> Rabs (c - soft tau c) <= tau.
Proof.
  intros H. rewrite soft_remainder_is_clip by exact H. apply Rabs_le.
  unfold Rmax, Rmin. repeat destruct Rle_dec; lra.
Qed.

(** ** Pointwise: q = relu(g - eps) - relu(-g - eps) *)

Theorem dead_zone e g eps :
  Rabs (e - g) <= eps ->
  Rabs (e - soft eps g) <= Rabs e
  /\ Rabs (e - soft eps g) <= 2 * eps
  /\ (eps < Rabs g -> Rabs (e - soft eps g) < Rabs e).
Proof.
  intros H. assert (Heps : 0 <= eps) by (eapply Rle_trans; [apply Rabs_pos | exact H]).
  destruct (Rle_dec eps g); [|destruct (Rle_dec g (- eps))].
  - rewrite soft_above by lra. unfold Rabs in *. repeat destruct Rcase_abs; lra.
  - rewrite soft_below by lra. unfold Rabs in *. repeat destruct Rcase_abs; lra.
  - rewrite soft_dead by (apply Rabs_le; lra). unfold Rabs in *. repeat destruct Rcase_abs; lra.
Qed.

(** ** Nodal: weights lambda >= 0 with sum 1 over a finite list of nodes, values c *)

Section Nodal.
Context {A : Type}.
Variable nodes : list A.
Variable lambda : A -> R.
Hypothesis lambda_nonneg : forall a, In a nodes -> 0 <= lambda a.
Hypothesis lambda_total : lsum nodes lambda = 1.

(** A weighted mean lies between bounds that hold where the weight is positive. *)
Lemma mean_le (c : A -> R) b :
  (forall a, In a nodes -> 0 < lambda a -> c a <= b) -> lsum nodes (fun a => lambda a * c a) <= b.
Proof.
  intros H. replace b with (lsum nodes (fun a => lambda a * b))
    by (rewrite lsum_scal_r, lambda_total; ring).
  apply lsum_le. intros a Ha. assert (h := lambda_nonneg a Ha).
  destruct (Req_dec (lambda a) 0) as [->|Hz]; [lra|].
  apply Rmult_le_compat_l; [exact h|]. apply H; [exact Ha | lra].
Qed.

Lemma mean_abs_le (c : A -> R) b :
  (forall a, In a nodes -> 0 < lambda a -> Rabs (c a) <= b) -> Rabs (lsum nodes (fun a => lambda a * c a)) <= b.
Proof.
  intros H. apply Rabs_le. split.
  - apply Ropp_le_cancel. rewrite Ropp_involutive.
    replace (- lsum nodes (fun a => lambda a * c a)) with (lsum nodes (fun a => lambda a * - c a)).
    + apply mean_le. intros a Ha Hp. eapply Rle_trans; [apply Rle_abs|]. rewrite Rabs_Ropp. auto.
    + rewrite (lsum_ext _ _ (fun a => -1 * (lambda a * c a))) by (intros; ring).
      rewrite lsum_scal. ring.
  - apply mean_le. intros a Ha Hp. eapply Rle_trans; [apply Rle_abs | auto].
Qed.

Definition mean (c : A -> R) : R := lsum nodes (fun a => lambda a * c a).

Variables eps delta : R.

(** delta bounds the oscillation of the values that count at the point. *)
Definition oscillation_at_most (c : A -> R) : Prop :=
  forall a b, In a nodes -> In b nodes -> 0 < lambda a -> 0 < lambda b -> Rabs (c a - c b) <= delta.

(** One value above tau: the correction is between 0 and e. *)
Lemma correction_above e (c : A -> R) a :
  Rabs (e - mean c) <= eps -> oscillation_at_most c ->
  In a nodes -> 0 < lambda a -> eps + delta < c a ->
  0 <= mean (fun a => soft (eps + delta) (c a)) <= e.
Proof.
  intros He Hosc Ha Hpos Hbig.
  assert (Heps : 0 <= eps) by (eapply Rle_trans; [apply Rabs_pos | exact He]).
  assert (Hdelta : 0 <= delta) by (eapply Rle_trans; [apply Rabs_pos | exact (Hosc a a Ha Ha Hpos Hpos)]).
  assert (Hall : forall b, In b nodes -> 0 < lambda b -> 0 <= soft (eps + delta) (c b) <= c b - eps).
  { intros b Hb Hpb. assert (h := Hosc a b Ha Hb Hpos Hpb).
    assert (eps < c b) by (unfold Rabs in h; destruct Rcase_abs; lra).
    destruct (Rle_dec (eps + delta) (c b)).
    - rewrite soft_above; lra.
    - rewrite soft_dead; [lra|]. apply Rabs_le. lra. }
  split.
  - apply lsum_nonneg. intros b Hb. assert (h := lambda_nonneg b Hb).
    destruct (Req_dec (lambda b) 0) as [->|Hz]; [lra|].
    apply Rmult_le_pos; [exact h|]. apply Hall; [exact Hb | lra].
  - assert (h : mean (fun b => soft (eps + delta) (c b) - c b) <= - eps).
    { apply mean_le. intros b Hb Hpb. destruct (Hall b Hb Hpb). lra. }
    unfold mean in *.
    rewrite (lsum_ext _ _ (fun b => lambda b * soft (eps + delta) (c b) - lambda b * c b)), lsum_minus in h
      by (intros; ring).
    unfold Rabs in He. destruct Rcase_abs; lra.
Qed.

(** The mirror image. *)
Lemma correction_below e (c : A -> R) a :
  Rabs (e - mean c) <= eps -> oscillation_at_most c ->
  In a nodes -> 0 < lambda a -> c a < - (eps + delta) ->
  e <= mean (fun a => soft (eps + delta) (c a)) <= 0.
Proof.
  intros He Hosc Ha Hpos Hbig.
  assert (Hopp : forall f, mean (fun a => - f a) = - mean f).
  { intros f. unfold mean. rewrite (lsum_ext _ _ (fun a => -1 * (lambda a * f a))) by (intros; ring).
    rewrite lsum_scal. ring. }
  assert (h : 0 <= mean (fun a => soft (eps + delta) (- c a)) <= - e).
  { apply (correction_above (- e) (fun a => - c a) a); auto; [| |lra].
    - rewrite Hopp. replace (- e - - mean c) with (- (e - mean c)) by ring. now rewrite Rabs_Ropp.
    - intros b b' Hb Hb' Hp Hp'. replace (- c b - - c b') with (- (c b - c b')) by ring.
      rewrite Rabs_Ropp. now apply Hosc. }
  assert (Hq : mean (fun a => soft (eps + delta) (- c a)) = - mean (fun a => soft (eps + delta) (c a))).
  { rewrite <- Hopp. apply lsum_ext. intros b _. now rewrite soft_opp. }
  rewrite Hq in h. lra.
Qed.

(** e has the sign of q and at least its size. *)
Lemma correction_within e (c : A -> R) :
  Rabs (e - mean c) <= eps -> oscillation_at_most c ->
  let q := mean (fun a => soft (eps + delta) (c a)) in (0 <= q <= e) \/ (e <= q <= 0) \/ q = 0.
Proof.
  intros He Hosc q.
  destruct (Req_dec q 0) as [Hq|Hq]; [now right; right|].
  destruct (lsum_nonzero _ _ Hq) as [a [Ha Hne]].
  assert (Hpos : 0 < lambda a).
  { assert (h := lambda_nonneg a Ha). destruct (Req_dec (lambda a) 0) as [Hz|Hz]; [|lra].
    rewrite Hz, Rmult_0_l in Hne. now contradict Hne. }
  assert (Hout : ~ Rabs (c a) <= eps + delta).
  { intros h. rewrite soft_dead, Rmult_0_r in Hne by exact h. now contradict Hne. }
  apply Rnot_le_lt in Hout. unfold Rabs in Hout. destruct (Rcase_abs (c a)).
  - right; left. apply correction_below with a; auto. lra.
  - left. apply correction_above with a; auto.
Qed.

(** (i), (ii), (iii) of the lemma. *)
Theorem nodal_soft_threshold e (c : A -> R) :
  Rabs (e - mean c) <= eps -> 0 <= delta -> oscillation_at_most c ->
  let q := mean (fun a => soft (eps + delta) (c a)) in
  Rabs (e - q) <= Rabs e
  /\ Rabs (e - q) <= 2 * eps + delta
  /\ (q <> 0 -> Rabs (e - q) < Rabs e).
Proof.
  intros He Hdelta Hosc q.
  assert (Heps : 0 <= eps) by (eapply Rle_trans; [apply Rabs_pos | exact He]).
  assert (Hw := correction_within e c He Hosc). fold q in Hw. cbv zeta in Hw.
  repeat split.
  - unfold Rabs. repeat destruct Rcase_abs; lra.
  - assert (Hmove : Rabs (mean (fun a => c a - soft (eps + delta) (c a))) <= eps + delta).
    { apply mean_abs_le. intros a _ _. apply soft_moves_at_most. lra. }
    assert (Hsplit : mean (fun a => c a - soft (eps + delta) (c a)) = mean c - q).
    { unfold q, mean. rewrite <- lsum_minus. apply lsum_ext. intros; ring. }
    rewrite Hsplit in Hmove.
    replace (e - q) with ((e - mean c) + (mean c - q)) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. lra.
  - intros Hq. unfold Rabs. repeat destruct Rcase_abs; lra.
Qed.
End Nodal.
