(** * From patterns to networks: the weight-decay training objective

    A two-layer ReLU network is a constant c and a list of neurons (w, alpha);  training minimises

      F(c + sum alpha relu(X w)) + beta sum (||w||^2 + alpha^2) / 2.

    Restricted scope: a certificate for a family of patterns bounds every network whose neurons lie in cones of the family.
    Global scope: if |nu' relu(X w)| <= n beta on the unit ball, every network of every width is bounded.
    The last part shows that the program over all patterns and the training problem have the same lower bounds. *)

From Coq Require Import Reals List Lra Lia.
From Multigrade Require Import FiniteSum Vector WeakDuality.
Import ListNotations.
Open Scope R_scope.

Definition relu (t : R) : R := Rmax t 0.

Lemma relu_pos t : 0 <= t -> relu t = t.
Proof. intros. unfold relu. now rewrite Rmax_left. Qed.

Lemma relu_neg t : t <= 0 -> relu t = 0.
Proof. intros. unfold relu. now rewrite Rmax_right. Qed.

Lemma relu_nonneg t : 0 <= relu t.
Proof. apply Rmax_r. Qed.

Lemma relu_scal k t : 0 <= k -> relu (k * t) = k * relu t.
Proof. intros. unfold relu. rewrite <- RmaxRmult by assumption. f_equal. ring. Qed.

Record neuron := Neuron { weight : nat -> R; out : R }.

Section Training.
Variables n d : nat.
Variable X : nat -> nat -> R.
Notation row := (row d X).

Definition output (c : R) (ns : list neuron) (i : nat) : R :=
  c + lsum ns (fun v => out v * relu (row (weight v) i)).

Definition weight_decay (ns : list neuron) : R :=
  lsum ns (fun v => (norm2 d (weight v) + out v * out v) / 2).

Definition training (F : (nat -> R) -> R) (beta c : R) (ns : list neuron) : R :=
  F (output c ns) + beta * weight_decay ns.

(** nu' relu(X w). *)
Definition correlation (nu w : nat -> R) : R := sum n (fun i => nu i * relu (row w i)).

(** In its cone a pattern's mask is the ReLU. *)
Lemma masked_row p w i : 0 <= side p i * row w i -> active p i * row w i = relu (row w i).
Proof.
  unfold side, active. destruct (p i); intros H.
  - rewrite relu_pos; lra.
  - rewrite relu_neg; lra.
Qed.

Lemma masked_correlation p nu w :
  in_cone n d X p w -> sum n (fun i => nu i * (active p i * row w i)) = correlation nu w.
Proof. intros H. apply sum_ext. intros i Hi. rewrite masked_row; auto. Qed.

(** Every w lies in the cone of its own pattern 1[X w > 0]. *)
Definition pattern_of (w : nat -> R) : pattern :=
  fun i => if Rlt_dec 0 (row w i) then true else false.

Lemma in_own_cone w : in_cone n d X (pattern_of w) w.
Proof. intros i _. unfold side, active, pattern_of. destruct (Rlt_dec 0 (row w i)); lra. Qed.

(** The cost of a neuron is at least |alpha| ||w||. *)
Lemma cost_of_neuron v : Rabs (out v) * norm d (weight v) <= (norm2 d (weight v) + out v * out v) / 2.
Proof.
  rewrite <- norm_square.
  assert (H : out v * out v = Rabs (out v) * Rabs (out v))
    by (rewrite <- Rabs_mult; symmetry; apply Rabs_pos_eq; nra).
  rewrite H. assert (H2 := Rle_0_sqr (norm d (weight v) - Rabs (out v))).
  unfold Rsqr in H2. lra.
Qed.

Lemma correlation_scal k nu w : 0 <= k -> correlation nu (fun j => k * w j) = k * correlation nu w.
Proof.
  intros Hk. unfold correlation, sum. rewrite <- lsum_scal. apply lsum_ext. intros i _.
  rewrite row_scal, relu_scal by assumption. ring.
Qed.

Lemma correlation_output c ns nu :
  sum n (fun i => nu i * output c ns i) = c * sum n nu + lsum ns (fun v => out v * correlation nu (weight v)).
Proof.
  unfold output, correlation, sum.
  rewrite (lsum_ext (seq 0 n) _ (fun i => c * nu i
    + lsum ns (fun v => out v * (nu i * relu (row (weight v) i))))).
  - rewrite lsum_plus, lsum_scal. f_equal. rewrite lsum_swap.
    apply lsum_ext. intros v _. now rewrite lsum_scal.
  - intros i _. rewrite Rmult_plus_distr_l, <- lsum_scal, (Rmult_comm (nu i) c).
    f_equal. apply lsum_ext. intros v _. ring.
Qed.

(** From the unit ball to all of R^d by homogeneity. *)
Lemma correlation_homogeneous nu m :
  (forall w, norm d w <= 1 -> Rabs (correlation nu w) <= m) ->
  forall w, Rabs (correlation nu w) <= m * norm d w.
Proof.
  intros H w. destruct (Req_dec (norm d w) 0) as [Hz|Hz].
  - rewrite Hz, Rmult_0_r.
    assert (correlation nu w = 0) as ->; [|rewrite Rabs_R0; lra].
    apply sum_zero. intros i _.
    assert (row w i = 0) as ->; [|rewrite relu_neg; lra].
    apply sum_zero. intros j Hj. rewrite (norm_zero d w Hz j Hj). ring.
  - assert (Hp : 0 < norm d w) by (assert (h := norm_nonneg d w); lra).
    assert (Hi : 0 < / norm d w) by now apply Rinv_0_lt_compat.
    specialize (H (fun j => / norm d w * w j)).
    rewrite norm_scal, correlation_scal, Rabs_mult, (Rabs_pos_eq (/ norm d w)) in H by lra.
    rewrite Rinv_l in H by exact Hz. specialize (H (Rle_refl 1)).
    apply Rmult_le_reg_l with (/ norm d w); [exact Hi|].
    rewrite (Rmult_comm m), <- Rmult_assoc, Rinv_l, Rmult_1_l; assumption.
Qed.

Hypothesis n_positive : (0 < n)%nat.

(** Neurons that satisfy the bound obey the dual bound. *)
Lemma training_bound_of_neurons F intercept beta c ns nu D :
  0 <= beta ->
  conjugate_bound n F nu D -> balanced n intercept nu -> constant_allowed intercept c ->
  (forall v, In v ns -> Rabs (correlation nu (weight v)) <= INR n * beta * norm d (weight v)) ->
  D <= training F beta c ns.
Proof.
  intros Hbeta HD Hnu Hc Hns. unfold training.
  eapply Rle_trans; [apply (HD (output c ns))|].
  apply Rplus_le_compat_l.
  rewrite correlation_output, (constant_costs_nothing n intercept), Rplus_0_l by assumption.
  assert (Hn : 0 < INR n) by now apply lt_0_INR.
  apply Rmult_le_reg_l with (INR n); [exact Hn|].
  rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra.
  rewrite <- Rmult_assoc. unfold weight_decay. rewrite <- lsum_scal.
  apply lsum_le. intros v Hv.
  eapply Rle_trans; [apply Rle_abs|]. rewrite Rabs_mult.
  apply Rle_trans with (INR n * beta * (Rabs (out v) * norm d (weight v))).
  - replace (INR n * beta * (Rabs (out v) * norm d (weight v)))
      with (Rabs (out v) * (INR n * beta * norm d (weight v))) by ring.
    apply Rmult_le_compat_l; [apply Rabs_pos | auto].
  - apply Rmult_le_compat_l; [|apply cost_of_neuron].
    apply Rmult_le_pos; lra.
Qed.

(** ** Restricted scope *)

(** A certificate for both signs bounds |nu'relu(Xw)| in the cone. *)
Lemma cone_correlation p m nu w :
  (forall s, is_sign s -> exists mu, multiplier n d X p s m nu mu) ->
  in_cone n d X p w -> Rabs (correlation nu w) <= m * norm d w.
Proof.
  intros H Hw.
  destruct (H 1) as [mu Hmu]; [now left|]. destruct (H (-1)) as [mu' Hmu']; [now right|].
  assert (H1 := relu_block_bound n d X p 1 m nu mu w Hmu Hw).
  assert (H2 := relu_block_bound n d X p (-1) m nu mu' w Hmu' Hw).
  rewrite masked_correlation in H1, H2 by exact Hw.
  apply Rabs_le. lra.
Qed.

Theorem restricted_training_bound P family F intercept beta c ns nu D :
  0 <= beta ->
  conjugate_bound n F nu D -> balanced n intercept nu -> constant_allowed intercept c ->
  relu_certificate n d X P family (INR n * beta) nu ->
  (forall v, In v ns -> exists k, (k < P)%nat /\ in_cone n d X (family k) (weight v)) ->
  D <= training F beta c ns.
Proof.
  intros Hbeta HD Hnu Hc Hcert Hns. apply training_bound_of_neurons with intercept nu; auto.
  intros v Hv. destruct (Hns v Hv) as [k [Hk Hcone]].
  apply cone_correlation with (family k); auto.
Qed.

(** ** Global scope *)

(** m(nu) <= n beta, the maximum over the unit ball. *)
Definition globally_feasible (m : R) (nu : nat -> R) : Prop :=
  forall w, norm d w <= 1 -> Rabs (correlation nu w) <= m.

Theorem global_training_bound F intercept beta c ns nu D :
  0 <= beta ->
  conjugate_bound n F nu D -> balanced n intercept nu -> constant_allowed intercept c ->
  globally_feasible (INR n * beta) nu ->
  D <= training F beta c ns.
Proof.
  intros Hbeta HD Hnu Hc Hglobal. apply training_bound_of_neurons with intercept nu; auto.
  intros v _. now apply correlation_homogeneous.
Qed.

(** The statement for squares in full. *)
Theorem global_dual_bound y intercept beta c ns nu :
  0 <= beta -> balanced n intercept nu -> constant_allowed intercept c ->
  (forall w, norm d w <= 1 -> Rabs (sum n (fun i => nu i * relu (row w i))) <= INR n * beta) ->
  dual_squares n y nu <= training (squares n y) beta c ns.
Proof.
  intros. apply global_training_bound with intercept nu; auto. now apply squares_conjugate.
Qed.

Lemma globally_feasible_scal t m m' nu :
  0 <= t -> t * m <= m' -> globally_feasible m nu -> globally_feasible m' (fun i => t * nu i).
Proof.
  intros Ht Hm H w Hw. unfold correlation, sum.
  rewrite (lsum_ext _ _ (fun i => t * (nu i * relu (row w i)))) by (intros; ring).
  rewrite lsum_scal, Rabs_mult, Rabs_pos_eq by exact Ht.
  apply Rle_trans with (t * m); [|exact Hm].
  apply Rmult_le_compat_l; [exact Ht | exact (H w Hw)].
Qed.

Theorem scaled_global_dual_bound y intercept beta m t c ns nu :
  0 <= beta -> 0 <= t -> t * m <= INR n * beta ->
  balanced n intercept nu -> constant_allowed intercept c ->
  globally_feasible m nu ->
  dual_squares n y (fun i => t * nu i) <= training (squares n y) beta c ns.
Proof.
  intros Hb Ht Hm Hnu Hc Hg. apply global_dual_bound with intercept; auto.
  - now apply balanced_scal.
  - exact (globally_feasible_scal t m _ nu Ht Hm Hg).
Qed.

(** A certificate for a family of patterns that covers the arrangement is global. *)
Theorem all_patterns_global P family m nu :
  0 <= m -> relu_certificate n d X P family m nu ->
  (forall w, exists k, (k < P)%nat /\ in_cone n d X (family k) w) ->
  globally_feasible m nu.
Proof.
  intros Hm Hcert Hcover w Hw. destruct (Hcover w) as [k [Hk Hcone]].
  apply Rle_trans with (m * norm d w).
  - apply cone_correlation with (family k); auto.
  - rewrite <- (Rmult_1_r m) at 2. apply Rmult_le_compat_l; assumption.
Qed.

(** ** Recovery: blocks and neurons carry the same predictions and costs *)

(** A block u with sign s is the neuron w = u / sqrt ||u||, alpha = s sqrt ||u||. *)
Definition neuron_of_block (b : block) : neuron :=
  Neuron (fun j => / sqrt (norm d (vec b)) * vec b j) (sgn b * sqrt (norm d (vec b))).

(** A neuron (w, alpha) is a block |alpha| w with the sign of alpha. *)
Definition block_of_neuron (k : nat) (v : neuron) : block :=
  Block k (if Rle_dec 0 (out v) then 1 else -1) (fun j => Rabs (out v) * weight v j).

Lemma is_sign_square s : is_sign s -> s * s = 1.
Proof. intros [-> | ->]; ring. Qed.

Lemma recovered_output p b i :
  0 <= side p i * row (vec b) i ->
  out (neuron_of_block b) * relu (row (weight (neuron_of_block b)) i)
  = sgn b * (active p i * row (vec b) i).
Proof.
  intros H. rewrite masked_row by exact H. simpl.
  rewrite row_scal.
  destruct (Req_dec (norm d (vec b)) 0) as [Hz|Hz].
  - assert (row (vec b) i = 0) as ->.
    { apply sum_zero. intros j Hj. rewrite (norm_zero d _ Hz j Hj). ring. }
    rewrite Rmult_0_r, relu_neg by lra. ring.
  - assert (Hp : 0 < sqrt (norm d (vec b))).
    { apply sqrt_lt_R0. assert (h := norm_nonneg d (vec b)). lra. }
    rewrite relu_scal by (apply Rlt_le, Rinv_0_lt_compat; exact Hp).
    field. lra.
Qed.

Lemma recovered_cost b :
  is_sign (sgn b) ->
  (norm2 d (weight (neuron_of_block b)) + out (neuron_of_block b) * out (neuron_of_block b)) / 2
  = norm d (vec b).
Proof.
  intros Hs. rewrite <- norm_square. simpl. rewrite norm_scal.
  set (r := sqrt (norm d (vec b))).
  assert (Hr : r * r = norm d (vec b)) by apply sqrt_sqrt, norm_nonneg.
  assert (Hr0 : 0 <= r) by apply sqrt_pos.
  replace (sgn b * r * (sgn b * r)) with ((sgn b * sgn b) * (r * r)) by ring.
  rewrite (is_sign_square (sgn b) Hs), Hr.
  destruct (Req_dec r 0) as [Hz|Hz].
  - assert (norm d (vec b) = 0) as -> by (rewrite <- Hr, Hz; ring). lra.
  - rewrite Rabs_pos_eq by (apply Rlt_le, Rinv_0_lt_compat; lra).
    rewrite <- Hr. field. exact Hz.
Qed.

(** F reads the n predictions only. *)
Definition reads_rows (F : (nat -> R) -> R) : Prop :=
  forall z z', (forall i, (i < n)%nat -> z i = z' i) -> F z = F z'.

(** A feasible point of the program is a network with the same value. *)
Theorem recovery P family F beta c bs :
  reads_rows F -> relu_feasible n d X P family bs ->
  training F beta c (map neuron_of_block bs) = primal d X family F beta c bs.
Proof.
  intros HF Hbs. unfold training, primal. f_equal.
  - apply HF. intros i Hi. unfold output, prediction. f_equal.
    rewrite lsum_map. apply lsum_ext. intros b Hb.
    apply recovered_output. now apply (Hbs b Hb).
  - f_equal. unfold weight_decay, group_norms. rewrite lsum_map.
    apply lsum_ext. intros b Hb. apply recovered_cost. now apply (Hbs b Hb).
Qed.

(** The neurons' own patterns, in order. *)
Definition family_of (ns : list neuron) (k : nat) : pattern :=
  pattern_of (nth k (map weight ns) (fun _ => 0)).

Fixpoint blocks_from (k : nat) (ns : list neuron) : list block :=
  match ns with
  | [] => []
  | v :: ns' => block_of_neuron k v :: blocks_from (S k) ns'
  end.

Lemma blocks_from_in fam ns : forall k b,
  (forall i v, nth_error ns i = Some v -> fam (k + i)%nat = pattern_of (weight v)) ->
  In b (blocks_from k ns) ->
  exists v i, In v ns /\ (i < length ns)%nat /\ b = block_of_neuron (k + i) v
              /\ fam (cell b) = pattern_of (weight v).
Proof.
  induction ns as [|v ns IH]; simpl; intros k b Hfam Hb; [contradiction|].
  destruct Hb as [<-|Hb].
  - exists v, 0%nat. rewrite Nat.add_0_r. repeat split; auto; [lia|].
    simpl. rewrite <- (Nat.add_0_r k). now apply Hfam.
  - destruct (IH (S k) b) as [u [i [Hu [Hi [Hb' Hf]]]]]; [|exact Hb|].
    + intros i u Hi. replace (S k + i)%nat with (k + S i)%nat by lia. now apply Hfam.
    + exists u, (S i). replace (k + S i)%nat with (S k + i)%nat by lia.
      repeat split; auto. lia.
Qed.

Lemma block_in_cone k v : in_cone n d X (pattern_of (weight v)) (vec (block_of_neuron k v)).
Proof.
  intros i Hi. simpl. rewrite row_scal.
  assert (H := in_own_cone (weight v) i Hi). assert (Ha := Rabs_pos (out v)).
  replace (side (pattern_of (weight v)) i * (Rabs (out v) * row (weight v) i))
    with (Rabs (out v) * (side (pattern_of (weight v)) i * row (weight v) i)) by ring.
  now apply Rmult_le_pos.
Qed.

Lemma block_output k v i :
  (i < n)%nat ->
  sgn (block_of_neuron k v) * (active (pattern_of (weight v)) i * row (vec (block_of_neuron k v)) i)
  = out v * relu (row (weight v) i).
Proof.
  intros Hi. rewrite masked_row by now apply block_in_cone.
  simpl. rewrite row_scal, relu_scal by apply Rabs_pos.
  destruct (Rle_dec 0 (out v)).
  - rewrite Rabs_pos_eq by assumption. ring.
  - rewrite Rabs_left by lra. ring.
Qed.

(** A network is a feasible point of the program over its own patterns, at no greater value. *)
Theorem lifting F beta c ns :
  reads_rows F -> 0 <= beta ->
  relu_feasible n d X (length ns) (family_of ns) (blocks_from 0 ns) /\
  primal d X (family_of ns) F beta c (blocks_from 0 ns) <= training F beta c ns.
Proof.
  intros HF Hbeta.
  assert (Hfam : forall i v, nth_error ns i = Some v -> family_of ns (0 + i)%nat = pattern_of (weight v)).
  { intros i v Hi. unfold family_of. simpl.
    rewrite (nth_error_nth (map weight ns) i (fun _ => 0) (map_nth_error weight i ns Hi)). reflexivity. }
  split.
  - intros b Hb. destruct (blocks_from_in _ ns 0 b Hfam Hb) as [v [i [_ [Hi [-> Hf]]]]].
    split; [split|].
    + exact Hi.
    + simpl. destruct (Rle_dec 0 (out v)); [now left | now right].
    + rewrite Hf. apply block_in_cone.
  - unfold primal, training. apply Rplus_le_compat.
    + right. apply HF. intros i Hi. unfold prediction, output. f_equal.
      clear HF. generalize 0%nat, Hfam. clear Hfam. generalize (family_of ns) as fam.
      induction ns as [|v l IH]; intros fam k Hfam; simpl; [reflexivity|]. f_equal.
      * assert (Hk : fam k = pattern_of (weight v)).
        { rewrite <- (Nat.add_0_r k). now apply Hfam. }
        rewrite Hk. exact (block_output k v i Hi).
      * apply IH. intros j u Hj. replace (S k + j)%nat with (k + S j)%nat by lia. now apply Hfam.
    + apply Rmult_le_compat_l; [exact Hbeta|]. unfold group_norms, weight_decay.
      generalize 0%nat. clear Hfam HF. induction ns as [|v l IH]; intros k; simpl; [lra|].
      apply Rplus_le_compat; [|apply IH].
      rewrite norm_scal, Rabs_Rabsolu. apply cost_of_neuron.
Qed.

(** So the convex program over all patterns and training at unbounded width have the same optimal value:
    a number bounds one from below iff it bounds the other. *)
Theorem same_optimal_value F beta intercept v :
  reads_rows F -> 0 <= beta ->
  (forall P family c bs, constant_allowed intercept c -> relu_feasible n d X P family bs ->
     v <= primal d X family F beta c bs)
  <-> (forall c ns, constant_allowed intercept c -> v <= training F beta c ns).
Proof.
  intros HF Hbeta. split; intros H.
  - intros c ns Hc. destruct (lifting F beta c ns HF Hbeta) as [Hfeas Hle].
    eapply Rle_trans; [|exact Hle]. now apply H with (length ns).
  - intros P family c bs Hc Hbs. rewrite <- (recovery P family F beta c bs HF Hbs). now apply H.
Qed.

Lemma squares_reads_rows y : reads_rows (squares n y).
Proof. intros z z' H. unfold squares. f_equal. apply sum_ext. intros i Hi. now rewrite H. Qed.
End Training.
