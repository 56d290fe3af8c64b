(** * The multigrade scheme converges: the theorem

    e_0 = f;  grade k subtracts  q_k = I_N[ soft tau (e_k at the nodes) ],  N = grid k, tau = tau k.  On the cube [0,1]^d, for every d:
    |e_(k+1)| <= |e_k| pointwise, sup |e_k| -> 0, and at every grade with q_k not identically zero the integral of |e_k|^p falls strictly,
    for every real p > 0 (in particular 1 <= p < infinity).  Every continuous f has such a scheme on dyadic, nested grids. *)

From Coq Require Import Reals List Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Multigrade Require Import FiniteSum TrainingBound SoftThreshold KuhnHat Continuity CubeIntegral.
Open Scope R_scope.

(** ** One grade *)

Section Grade.
Context {d : nat}.
Implicit Types (e : point d -> R) (x : point d).

Definition sampled (N : nat) e : node d -> R := fun a => e (position N a).

Definition correction (N : nat) (tau : R) e : point d -> R :=
  interpolant N (fun a => soft tau (sampled N e a)).

Definition step (N : nat) (tau : R) e : point d -> R := fun x => e x - correction N tau e x.

(** eps bounds the interpolation error, delta the oscillation of the node values within one simplex (nodes whose hats overlap). *)
Definition interpolation_error_at_most (N : nat) e (eps : R) : Prop :=
  forall x, cube x -> Rabs (e x - interpolant N (sampled N e) x) <= eps.

Definition node_oscillation_at_most (N : nat) e (delta : R) : Prop :=
  forall x a b, cube x -> In a (nodes N d) -> In b (nodes N d) ->
    0 < hat (local N x a) -> 0 < hat (local N x b) -> Rabs (sampled N e a - sampled N e b) <= delta.

Theorem grade_lemma N e eps delta x :
  0 <= delta -> interpolation_error_at_most N e eps -> node_oscillation_at_most N e delta -> cube x ->
  Rabs (step N (eps + delta) e x) <= Rabs (e x)
  /\ Rabs (step N (eps + delta) e x) <= 2 * eps + delta
  /\ (correction N (eps + delta) e x <> 0 -> Rabs (step N (eps + delta) e x) < Rabs (e x)).
Proof.
  intros Hd He Hosc Hx.
  apply (nodal_soft_threshold (nodes N d) (fun a => hat (local N x a))).
  - intros a _. apply hat_nonneg.
  - now apply hats_sum_to_one.
  - now apply He.
  - exact Hd.
  - intros a b Ha Hb Hpa Hpb. now apply Hosc with x.
Qed.

(** At the nodes of its own grid a grade clips: e'(a) = clip(e(a), -tau, tau). *)
Theorem step_clips N tau e a :
  (0 < N)%nat -> 0 <= tau -> In a (nodes N d) ->
  step N tau e (position N a) = Rmax (- tau) (Rmin tau (e (position N a))).
Proof.
  intros HN Htau Ha. unfold step, correction. rewrite interpolant_at_node by assumption.
  now apply soft_remainder_is_clip.
Qed.

(** The modulus of continuity at 1/N bounds both. *)
Lemma modulus_bounds_interpolation N e omega :
  (0 < N)%nat -> modulus_at_most e (/ INR N) omega -> interpolation_error_at_most N e omega.
Proof.
  intros HN H x Hx. unfold interpolant.
  assert (Htotal := hats_sum_to_one N d x Hx).
  replace (e x - lsum (nodes N d) (fun a => hat (local N x a) * sampled N e a))
    with (lsum (nodes N d) (fun a => hat (local N x a) * (e x - sampled N e a))).
  - apply mean_abs_le; [intros; apply hat_nonneg | exact Htotal|].
    intros a Ha Hpos. apply H; [exact Hx | now apply node_in_cube|].
    apply near_node; [exact HN | now apply hat_support].
  - rewrite (lsum_ext _ _ (fun a => hat (local N x a) * e x - hat (local N x a) * sampled N e a)) by (intros; ring).
    rewrite lsum_minus, lsum_scal_r, Htotal. ring.
Qed.

Lemma modulus_bounds_oscillation N e omega :
  (0 < N)%nat -> modulus_at_most e (/ INR N) omega -> node_oscillation_at_most N e omega.
Proof.
  intros HN H x a b _ Ha Hb Hpa Hpb. apply H; try now apply node_in_cube.
  apply near_nodes with x; auto using hat_support.
Qed.

Lemma step_uniformly_continuous N tau e : uniformly_continuous e -> uniformly_continuous (step N tau e).
Proof. intros He. apply uniformly_continuous_minus; [exact He | apply interpolant_uniformly_continuous]. Qed.
End Grade.

(** ** Any schedule of grids and thresholds *)

Section Schedule.
Context {d : nat}.
Variable f : point d -> R.
Variable grid : nat -> nat.
Variable tau : nat -> R.

Fixpoint residual (k : nat) : point d -> R :=
  match k with
  | O => f
  | S k' => step (grid k') (tau k') (residual k')
  end.

Definition grade_output (k : nat) : point d -> R := correction (grid k) (tau k) (residual k).

(** What the grades have built so far is what the residual has lost. *)
Lemma residual_is_rest k x : residual k x = f x - sum k (fun j => grade_output j x).
Proof.
  induction k as [|k IH]; [unfold sum; simpl; ring|].
  rewrite sum_S. simpl. unfold step. rewrite IH. unfold grade_output. ring.
Qed.

Hypothesis f_uniform : uniformly_continuous f.

Lemma residual_uniform k : uniformly_continuous (residual k).
Proof. induction k; simpl; auto using step_uniformly_continuous. Qed.

Variables eps delta : nat -> R.
Hypothesis threshold : forall k, tau k = eps k + delta k.
Hypothesis delta_nonneg : forall k, 0 <= delta k.
Hypothesis error_bound : forall k, interpolation_error_at_most (grid k) (residual k) (eps k).
Hypothesis oscillation_bound : forall k, node_oscillation_at_most (grid k) (residual k) (delta k).

Theorem residual_nonincreasing k x : cube x -> Rabs (residual (S k) x) <= Rabs (residual k x).
Proof. intros Hx. simpl. rewrite threshold. now apply grade_lemma. Qed.

Theorem residual_nonincreasing_all j k x : (j <= k)%nat -> cube x -> Rabs (residual k x) <= Rabs (residual j x).
Proof.
  intros Hjk Hx. induction Hjk as [|k _ IH]; [lra|].
  eapply Rle_trans; [now apply residual_nonincreasing | exact IH].
Qed.

Theorem residual_sup_bound k x : cube x -> Rabs (residual (S k) x) <= 2 * eps k + delta k.
Proof. intros Hx. simpl. rewrite threshold. now apply grade_lemma. Qed.

Theorem residual_strict k x : cube x -> grade_output k x <> 0 -> Rabs (residual (S k) x) < Rabs (residual k x).
Proof. unfold grade_output. intros Hx. simpl. rewrite threshold. now apply grade_lemma. Qed.

(** Uniform convergence, as soon as the bounds become arbitrarily small. *)
Theorem residual_converges :
  (forall eta, 0 < eta -> exists k, 2 * eps k + delta k <= eta) ->
  forall eta, 0 < eta -> exists K, forall k x, (K <= k)%nat -> cube x -> Rabs (residual k x) <= eta.
Proof.
  intros H eta Heta. destruct (H eta Heta) as [K HK]. exists (S K). intros k x Hk Hx.
  eapply Rle_trans; [now apply residual_nonincreasing_all with (j := S K)|].
  eapply Rle_trans; [now apply residual_sup_bound | exact HK].
Qed.

Theorem residual_lp_decay p k :
  0 < p -> (exists x, cube x /\ grade_output k x <> 0) ->
  lp_integral p (residual (S k)) < lp_integral p (residual k).
Proof.
  intros Hp [x [Hx Hq]]. apply lp_decay with x; auto using residual_uniform, residual_nonincreasing, residual_strict.
Qed.

Theorem residual_lp_norm_decay p k :
  0 < p -> (exists x, cube x /\ grade_output k x <> 0) ->
  lp_norm p (residual (S k)) < lp_norm p (residual k).
Proof.
  intros Hp [x [Hx Hq]]. apply lp_norm_decay with x; auto using residual_uniform, residual_nonincreasing, residual_strict.
Qed.
End Schedule.

(** ** Existence for every continuous target *)

Section Existence.
Context {d : nat}.
Variable f : point d -> R.

(** The accuracy asked of grade k, and the coarsest dyadic grid that has it. *)
Definition accuracy (k : nat) : R := / INR (S k).

Definition fine_level (e : point d -> R) (omega : R) : nat :=
  least (fun m => modulus_at_most e (/ INR (2 ^ m)) omega) (fun m => modulus_stable d e _ omega).

(** Residual and level of the grid used last. *)
Fixpoint state (k : nat) : (point d -> R) * nat :=
  match k with
  | O => (f, 0%nat)
  | S k' =>
      let e := fst (state k') in
      let m := Nat.max (snd (state k')) (fine_level e (accuracy k')) in
      (step (2 ^ m) (accuracy k' + accuracy k') e, m)
  end.

Definition level (k : nat) : nat := snd (state (S k)).
Definition grid_of (k : nat) : nat := (2 ^ level k)%nat.
Definition threshold_of (k : nat) : R := accuracy k + accuracy k.

Lemma state_residual k : fst (state k) = residual f grid_of threshold_of k.
Proof. induction k as [|k IH]; [reflexivity|]. cbn [residual]. rewrite <- IH. reflexivity. Qed.

Lemma level_monotone k : (level k <= level (S k))%nat.
Proof. unfold level. cbn [state snd]. apply Nat.le_max_l. Qed.

Lemma power_of_two_positive m : (0 < 2 ^ m)%nat.
Proof. apply Nat.neq_0_lt_0, Nat.pow_nonzero. lia. Qed.

Lemma accuracy_positive k : 0 < accuracy k.
Proof. apply inverse_positive. Qed.

Lemma below_power_of_two m : (m < 2 ^ m)%nat.
Proof. apply Nat.pow_gt_lin_r. lia. Qed.

(** Refining a grid cannot increase the modulus. *)
Lemma modulus_refine (e : point d -> R) m m' omega :
  (m <= m')%nat -> modulus_at_most e (/ INR (2 ^ m)) omega -> modulus_at_most e (/ INR (2 ^ m')) omega.
Proof.
  intros Hm H x y Hx Hy Hxy. apply H; auto. apply within_le with (/ INR (2 ^ m')); [|exact Hxy].
  apply Rinv_le_contravar; [apply lt_0_INR, power_of_two_positive|].
  apply le_INR, Nat.pow_le_mono_r; lia.
Qed.

Lemma fine_level_holds (e : point d -> R) omega :
  uniformly_continuous e -> 0 < omega -> modulus_at_most e (/ INR (2 ^ fine_level e omega)) omega.
Proof.
  intros He Homega. unfold fine_level.
  apply (least_holds (fun m => modulus_at_most e (/ INR (2 ^ m)) omega)).
  destruct (He omega Homega) as [h [Hh H]]. destruct (small_inverse h Hh) as [n Hn].
  exists n. intros x y Hx Hy Hxy. apply H; auto. apply within_le with (/ INR (2 ^ n)); [|exact Hxy].
  apply Rle_trans with (/ INR (S n)); [|exact Hn].
  apply Rinv_le_contravar; [apply lt_0_INR; lia|]. apply le_INR. apply below_power_of_two.
Qed.

Lemma grid_fine k : uniformly_continuous f ->
  modulus_at_most (residual f grid_of threshold_of k) (/ INR (grid_of k)) (accuracy k).
Proof.
  intros Hf. rewrite <- state_residual. unfold grid_of, level. cbn [state snd].
  apply modulus_refine with (fine_level (fst (state k)) (accuracy k)); [apply Nat.le_max_r|].
  apply fine_level_holds; [|apply accuracy_positive].
  rewrite state_residual. now apply residual_uniform.
Qed.
End Existence.

(** The theorem, on [0,1]^d for every d: dyadic nested grids and thresholds exist for which the scheme has the three properties. *)
Theorem multigrade_scheme d (f : point d -> R) :
  continuous_on_cube f ->
  exists (m : nat -> nat) (tau : nat -> R),
    let e := residual f (fun k => (2 ^ m k)%nat) tau in
    let q := grade_output f (fun k => (2 ^ m k)%nat) tau in
    (forall k, (m k <= m (S k))%nat)
    /\ (forall k, 0 < tau k)
    /\ (forall k x, cube x -> Rabs (e (S k) x) <= Rabs (e k x))
    /\ (forall k x, cube x -> q k x <> 0 -> Rabs (e (S k) x) < Rabs (e k x))
    /\ (forall eta, 0 < eta -> exists K, forall k x, (K <= k)%nat -> cube x -> Rabs (e k x) <= eta)
    /\ (forall p k, 0 < p -> (exists x, cube x /\ q k x <> 0) -> lp_integral p (e (S k)) < lp_integral p (e k))
    /\ (forall p k, 0 < p -> (exists x, cube x /\ q k x <> 0) -> lp_norm p (e (S k)) < lp_norm p (e k)).
Proof.
  intros Hcont. assert (Hf := heine d f Hcont).
  exists (level f), threshold_of. intros e q.
  assert (Hthreshold : forall k, threshold_of k = accuracy k + accuracy k) by reflexivity.
  assert (Hdelta : forall k, 0 <= accuracy k) by (intros; apply Rlt_le, accuracy_positive).
  assert (Hgrid : forall k, (0 < grid_of f k)%nat) by (intros; apply power_of_two_positive).
  assert (Herror : forall k, interpolation_error_at_most (grid_of f k) (residual f (grid_of f) threshold_of k) (accuracy k))
    by (intros; apply modulus_bounds_interpolation; auto using grid_fine).
  assert (Hosc : forall k, node_oscillation_at_most (grid_of f k) (residual f (grid_of f) threshold_of k) (accuracy k))
    by (intros; apply modulus_bounds_oscillation; auto using grid_fine).
  repeat split.
  - apply level_monotone.
  - intros k. unfold threshold_of. assert (h := accuracy_positive k). lra.
  - intros k x Hx. now apply (residual_nonincreasing f (grid_of f) threshold_of accuracy accuracy).
  - intros k x Hx Hq. now apply (residual_strict f (grid_of f) threshold_of accuracy accuracy).
  - apply (residual_converges f (grid_of f) threshold_of accuracy accuracy); auto.
    intros eta Heta. destruct (small_inverse (eta / 3)) as [k Hk]; [lra|].
    exists k. unfold accuracy. lra.
  - intros p k Hp Hq. now apply (residual_lp_decay f (grid_of f) threshold_of Hf accuracy accuracy).
  - intros p k Hp Hq. now apply (residual_lp_norm_decay f (grid_of f) threshold_of Hf accuracy accuracy).
Qed.

(** ** d = 1 in the usual notation *)

(** The piecewise linear interpolant of values c_0 .. c_N at i/N; between i/N and (i+1)/N it is the chord. *)
Definition piecewise_linear (N : nat) (c : nat -> R) (x : R) : R :=
  @interpolant N 1 (fun a => c (fst a)) (x, tt).

Theorem piecewise_linear_chord N c i x :
  (i < N)%nat -> INR i <= INR N * x <= INR i + 1 ->
  piecewise_linear N c x = (1 - (INR N * x - INR i)) * c i + (INR N * x - INR i) * c (S i).
Proof. intros. unfold piecewise_linear. now rewrite (interpolant_1d N (fun a => c (fst a)) i). Qed.

(** Its error is at most the modulus of continuity at 1/N. *)
Theorem piecewise_linear_modulus N (f : R -> R) omega x :
  (0 < N)%nat ->
  (forall s t, 0 <= s <= 1 -> 0 <= t <= 1 -> Rabs (s - t) <= / INR N -> Rabs (f s - f t) <= omega) ->
  0 <= x <= 1 -> Rabs (f x - piecewise_linear N (fun i => f (INR i / INR N)) x) <= omega.
Proof.
  intros HN H Hx.
  apply (modulus_bounds_interpolation (d := 1) N (fun v => f (fst v)) omega HN) with (x := (x, tt)).
  - intros [s []] [t []] [Hs _] [Ht _] [Hst _]. now apply H.
  - simpl. auto.
Qed.

Theorem multigrade_scheme_1d (f : R -> R) :
  (forall x, 0 <= x <= 1 -> forall eps, 0 < eps -> exists delta, 0 < delta /\
     forall y, 0 <= y <= 1 -> Rabs (x - y) <= delta -> Rabs (f x - f y) <= eps) ->
  exists (N : nat -> nat) (tau : nat -> R) (e : nat -> R -> R) (q : nat -> R -> R),
    (forall x, e 0%nat x = f x)
    /\ (forall k x, q k x = piecewise_linear (N k) (fun i => soft (tau k) (e k (INR i / INR (N k)))) x)
    /\ (forall k x, e (S k) x = e k x - q k x)
    /\ (forall k x, 0 <= x <= 1 -> Rabs (e (S k) x) <= Rabs (e k x))
    /\ (forall eta, 0 < eta -> exists K, forall k x, (K <= k)%nat -> 0 <= x <= 1 -> Rabs (e k x) <= eta)
    /\ (forall p k, 0 < p -> (exists x, 0 <= x <= 1 /\ q k x <> 0) ->
          RInt (fun x => power p (Rabs (e (S k) x))) 0 1 < RInt (fun x => power p (Rabs (e k x))) 0 1).
Proof.
  intros Hf.
  destruct (multigrade_scheme 1 (fun v => f (fst v))) as [m [tau [_ [_ [Hmono [_ [Hconv [Hdecay _]]]]]]]].
  - intros [x []] [Hx _] eps Heps. destruct (Hf x Hx eps Heps) as [r [Hr H]].
    exists r. split; [exact Hr|]. intros [y []] [Hy _] [Hxy _]. now apply H.
  - set (grid := fun k => (2 ^ m k)%nat) in *.
    exists grid, tau, (fun k x => residual (d := 1) (fun v => f (fst v)) grid tau k (x, tt)),
      (fun k x => grade_output (d := 1) (fun v => f (fst v)) grid tau k (x, tt)).
    split; [reflexivity|]. split; [reflexivity|]. split; [reflexivity|]. split; [|split].
    + intros k x Hx. apply Hmono. simpl. auto.
    + intros eta Heta. destruct (Hconv eta Heta) as [K HK]. exists K. intros k x Hk Hx.
      apply HK; [exact Hk | simpl; auto].
    + intros p k Hp [x [Hx Hq]]. apply (Hdecay p k Hp). exists (x, tt). simpl. auto.
Qed.

(** ** Any approximant with a sup bound, in any dimension

    e_(k+1) = e_k - soft eps_k g_k, with |e_k - g_k| <= eps_k: a trained grade g_k becomes a grade with the theorem's properties. *)

Section DeadZone.
Context {A : Type}.
Variable domain : A -> Prop.
Variables e g : nat -> A -> R.
Variable eps : nat -> R.
Hypothesis next : forall k x, e (S k) x = e k x - soft (eps k) (g k x).
Hypothesis close : forall k x, domain x -> Rabs (e k x - g k x) <= eps k.

Theorem dead_zone_nonincreasing k x : domain x -> Rabs (e (S k) x) <= Rabs (e k x).
Proof. intros Hx. rewrite next. now apply dead_zone, close. Qed.

Theorem dead_zone_strict k x : domain x -> eps k < Rabs (g k x) -> Rabs (e (S k) x) < Rabs (e k x).
Proof. intros Hx. rewrite next. now apply dead_zone, close. Qed.

Theorem dead_zone_converges :
  (forall eta, 0 < eta -> exists k, 2 * eps k <= eta) ->
  forall eta, 0 < eta -> exists K, forall k x, (K <= k)%nat -> domain x -> Rabs (e k x) <= eta.
Proof.
  intros H eta Heta. destruct (H eta Heta) as [K HK]. exists (S K). intros k x Hk Hx.
  induction Hk as [|k _ IH].
  - rewrite next. eapply Rle_trans; [now apply dead_zone, close | exact HK].
  - eapply Rle_trans; [now apply dead_zone_nonincreasing | exact IH].
Qed.

(** At sample points with positive weights the weighted sum of |e|^p falls. *)
Theorem dead_zone_samples_decay (l : list A) (weight : A -> R) p k a :
  0 < p -> (forall b, In b l -> domain b /\ 0 < weight b) ->
  In a l -> eps k < Rabs (g k a) ->
  lsum l (fun b => weight b * power p (Rabs (e (S k) b))) < lsum l (fun b => weight b * power p (Rabs (e k b))).
Proof.
  intros Hp Hl Ha Hg.
  assert (Hle : forall b, In b l -> 0 <= weight b * power p (Rabs (e k b)) - weight b * power p (Rabs (e (S k) b))).
  { intros b Hb. destruct (Hl b Hb) as [Hd Hw]. rewrite <- Rmult_minus_distr_l.
    apply Rmult_le_pos; [lra|].
    assert (power p (Rabs (e (S k) b)) <= power p (Rabs (e k b))); [|lra].
    apply power_le; [exact Hp|]. split; [apply Rabs_pos | now apply dead_zone_nonincreasing]. }
  assert (Hlt : 0 < weight a * power p (Rabs (e k a)) - weight a * power p (Rabs (e (S k) a))).
  { destruct (Hl a Ha) as [Hd Hw]. rewrite <- Rmult_minus_distr_l. apply Rmult_lt_0_compat; [exact Hw|].
    assert (power p (Rabs (e (S k) a)) < power p (Rabs (e k a))); [|lra].
    apply power_lt; [exact Hp|]. split; [apply Rabs_pos | now apply dead_zone_strict]. }
  assert (h := lsum_term_le l _ a Hle Ha). cbv beta in h. rewrite lsum_minus in h. lra.
Qed.
End DeadZone.

Theorem dead_zone_lp_decay d (e g : nat -> point d -> R) (eps : nat -> R) p k :
  0 < p ->
  (forall k x, e (S k) x = e k x - soft (eps k) (g k x)) ->
  (forall k x, cube x -> Rabs (e k x - g k x) <= eps k) ->
  (forall k, continuous_on_cube (e k)) ->
  (exists x, cube x /\ eps k < Rabs (g k x)) ->
  lp_integral p (e (S k)) < lp_integral p (e k).
Proof.
  intros Hp Hnext Hclose Hcont [x [Hx Hg]]. apply lp_decay with x; auto using heine.
  - intros z Hz. now apply (dead_zone_nonincreasing cube e g eps).
  - now apply (dead_zone_strict cube e g eps).
Qed.
