(** * The objective of a network, in integers

    [check_network] shows that a network's own objective, weight decay included, is at most a number: with [Checker.check] that
    leaves the optimum over the listed patterns between two numbers. ReLU units and every loss but logistic, which needs exp. *)

From Coq Require Import Reals List Lra Lia ZArith Bool.
From Multigrade Require Import FiniteSum Vector WeakDuality TrainingBound Losses Checker.
Import ListNotations.

(** A constant and neurons, weights and output weight, over the scale of the certificate, and the number claimed. *)
Record network := Network { constant : Z; neurons : list (list Z * Z); objective : Z }.

(** ** What is computed *)

Open Scope Z_scope.
Fixpoint zdot (d : nat) (x w : list Z) : Z := match d with O => 0 | S d' => hd 0 x * hd 0 w + zdot d' (tl x) (tl w) end.

(** The prediction at a row, over the third power of the scale. *)
Definition zoutput (d : nat) (S : Z) (g : network) (x : list Z) : Z :=
  constant g * (S * S) + zlsum (neurons g) (fun v => snd v * Z.max (zdot d x (fst v)) 0).

(** Twice the loss at a row over the sixth power, with the prediction z and the target y over the third. *)
Definition twice_loss (l : data_term) (S : Z) (y z : Z) : Z :=
  let e := z - y in
  match l with
  | Squares | MonotoneOf => e * e
  | HuberOf t => let k := t * (S * S) in if Z.abs e <=? k then e * e else 2 * (k * Z.abs e) - k * k
  | Absolute | MaximumOf => 2 * (Z.abs e * (S * S * S))
  | QuantileOf q => 2 * (Z.max (q * (y - z)) ((q - S) * (y - z)) * (S * S))
  | HingeOf => 2 * Z.max 0 (S * S * S * (S * S * S) - y * z)
  | LogisticOf => 0
  end.

(** The sum, or n times the largest, over rows with their offset. *)
Fixpoint over_rows (l : list point) (o : list Z) (join : Z -> Z -> Z) (f : point -> Z -> Z) : Z :=
  match l with [] => 0 | p :: l' => join (f p (hd 0 o)) (over_rows l' (tl o) join f) end.
Fixpoint all_rows (l : list point) (o : list Z) (f : point -> Z -> bool) : bool :=
  match l with [] => true | p :: l' => f p (hd 0 o) && all_rows l' (tl o) f end.

Definition loss_at (c : cert) (g : network) (p : point) (o : Z) : Z :=
  let S := scale c in twice_loss (loss c) S (py p * (S * S)) (zoutput (cols c) S g (px p) + o * (S * S)).
Definition in_box (c : cert) (g : network) (p : point) (o : Z) : bool :=
  let S := scale c in Z.abs (zoutput (cols c) S g (px p) + o * (S * S) - py p * (S * S)) <=? Z.abs (py p * (S * S)).
Definition network_loss (c : cert) (g : network) : Z :=
  match loss c with
  | MaximumOf => Z.of_nat (length (points c)) * over_rows (points c) (offset c) Z.max (loss_at c g)
  | _ => over_rows (points c) (offset c) Z.add (loss_at c g)
  end.
Definition decay (d : nat) (g : network) : Z := zlsum (neurons g) (fun v => zdot d (fst v) (fst v) + snd v * snd v).

Definition check_network (c : cert) (g : network) : bool :=
  let S := scale c in let n := Z.of_nat (length (points c)) in
  (0 <? S) && Nat.ltb 0 (length (points c)) &&
  (match loss c with LogisticOf => false | MonotoneOf => all_rows (points c) (offset c) (in_box c g) | _ => true end) &&
  (if with_intercept c then true else constant g =? 0) &&
  (network_loss c g + n * beta c * decay (cols c) g * (S * S * S) <=? 2 * n * objective g * (S * S * S * (S * S))).
Close Scope Z_scope.
Open Scope R_scope.

(** ** What it means *)

Lemma IZR_max a b : IZR (Z.max a b) = Rmax (IZR a) (IZR b).
Proof.
  destruct (Z.max_spec a b) as [[h ->]|[h ->]]; symmetry; [apply Rmax_right | apply Rmax_left]; apply IZR_le; lia.
Qed.
Lemma hd_nth (l : list Z) : hd 0%Z l = nth 0 l 0%Z. Proof. now destruct l. Qed.
Lemma tl_nth (l : list Z) i : nth i (tl l) 0%Z = nth (S i) l 0%Z. Proof. destruct l; [now destruct i | reflexivity]. Qed.

Lemma IZR_zdot d : forall x w, IZR (zdot d x w) = sum d (fun j => IZR (nth j x 0%Z) * IZR (nth j w 0%Z)).
Proof.
  induction d as [|d IH]; intros x w; [reflexivity|]. cbn [zdot]. rewrite plus_IZR, mult_IZR, IH. unfold sum. cbn [seq lsum].
  rewrite <- seq_shift, lsum_map, !hd_nth. f_equal. apply lsum_ext. intros j _. now rewrite !tl_nth.
Qed.

Lemma IZR_over_rows f : forall l o, IZR (over_rows l o Z.add f) = sum (length l) (fun i => IZR (f (nth i l no_point) (nth i o 0%Z))).
Proof.
  induction l as [|p l IH]; intros o; [reflexivity|]. cbn [over_rows length]. rewrite plus_IZR, IH. unfold sum. cbn [seq lsum].
  rewrite <- seq_shift, lsum_map, hd_nth. f_equal. apply lsum_ext. intros j _. now rewrite tl_nth.
Qed.

Lemma over_rows_max f : forall l o i, (i < length l)%nat -> (f (nth i l no_point) (nth i o 0) <= over_rows l o Z.max f)%Z.
Proof.
  induction l as [|p l IH]; intros o i Hi; [inversion Hi|]. cbn [over_rows]. destruct i as [|i]; cbn [nth].
  - rewrite <- hd_nth. lia.
  - rewrite <- tl_nth. cbn [length] in Hi. specialize (IH (tl o) i ltac:(lia)). lia.
Qed.
Lemma over_rows_max_nonneg f : (forall p o, (0 <= f p o)%Z) -> forall l o, (0 <= over_rows l o Z.max f)%Z.
Proof. intros Hf. induction l as [|p l IH]; intros o; cbn [over_rows]; [lia|]. specialize (IH (tl o)). lia. Qed.

Lemma all_rows_at f : forall l o i, all_rows l o f = true -> (i < length l)%nat -> f (nth i l no_point) (nth i o 0%Z) = true.
Proof.
  induction l as [|p l IH]; intros o i H Hi; [inversion Hi|]. cbn [all_rows] in H. apply andb_prop in H. destruct H as [H1 H2].
  destruct i as [|i]; cbn [nth]; [now rewrite <- hd_nth|]. rewrite <- tl_nth. cbn [length] in Hi. apply IH; [exact H2 | lia].
Qed.

Lemma maximum_below (f : nat -> R) k b : 0 <= b -> (forall i, (i < k)%nat -> Rabs (f i) <= b) -> maximum f k <= b.
Proof. intros Hb. induction k as [|k IH]; intros H; simpl; [exact Hb|]. apply Rmax_lub; [apply IH; auto | apply H; lia]. Qed.

Section Meaning.
Variable c : cert.
Variable g : network.
Notation S := (scale c).
Notation n := (length (points c)).
Definition real_neurons : list neuron := map (fun v => Neuron (fun j => r c (nth j (fst v) 0%Z)) (r c (snd v))) (neurons g).

Hypothesis S_pos : (0 < S)%Z.
Hypothesis n_pos : (0 < n)%nat.
Let s := IZR S.
Lemma s_pos : 0 < s. Proof. now apply IZR_lt. Qed.


Definition out (i : nat) : Z := zoutput (cols c) S g (px (nth i (points c) no_point)).

Lemma relu_over k (z : Z) : 0 < k -> relu (IZR z / k) = IZR (Z.max z 0) / k.
Proof.
  intros Hk. rewrite IZR_max. unfold Rdiv. rewrite (Rmult_comm (IZR z)), relu_scal by (apply Rlt_le, Rinv_0_lt_compat, Hk).
  unfold relu. ring.
Qed.

Lemma output_scaled i : output (cols c) (rX c) (r c (constant g)) real_neurons i = IZR (out i) / (s * s * s).
Proof.
  assert (h := s_pos). unfold output, out, zoutput, real_neurons. rewrite lsum_map, plus_IZR, !mult_IZR, IZR_zlsum. fold s.
  replace ((IZR (constant g) * (s * s) + lsum (neurons g) (fun a => IZR (snd a * Z.max (zdot (cols c) (px (nth i (points c) no_point)) (fst a)) 0))) / (s * s * s))
    with (IZR (constant g) / s + lsum (neurons g) (fun a => IZR (snd a * Z.max (zdot (cols c) (px (nth i (points c) no_point)) (fst a)) 0)) * / (s * s * s))
    by (field; lra).
  unfold r at 1. fold s. f_equal. rewrite <- lsum_scal_r. apply lsum_ext. intros v _. cbn [TrainingBound.out weight].
  assert (E : WeakDuality.row (cols c) (rX c) (fun j => r c (nth j (fst v) 0%Z)) i
              = IZR (zdot (cols c) (px (nth i (points c) no_point)) (fst v)) / (s * s)).
  { rewrite IZR_zdot. unfold WeakDuality.row, dot, Rdiv, sum. rewrite <- lsum_scal_r. apply lsum_ext. intros j _.
    unfold rX, r. fold s. field. lra. }
  rewrite E, relu_over by nra. rewrite mult_IZR. unfold r. fold s. field. lra.
Qed.

(** The prediction with its offset, and the target, over the third power. *)
Definition pz (i : nat) : Z := (out i + nth i (offset c) 0 * (S * S))%Z.
Definition ty (i : nat) : Z := (py (nth i (points c) no_point) * (S * S))%Z.
Let z (i : nat) : R := output (cols c) (rX c) (r c (constant g)) real_neurons i + rO c i.
Lemma z_scaled i : z i = IZR (pz i) / (s * s * s).
Proof. assert (h := s_pos). unfold z, pz. rewrite output_scaled, plus_IZR, !mult_IZR. unfold rO, r. fold s. field. lra. Qed.
Lemma y_scaled i : rY c i = IZR (ty i) / (s * s * s).
Proof. assert (h := s_pos). unfold ty, rY, r. rewrite !mult_IZR. fold s. field. lra. Qed.
Lemma e_scaled i : z i - rY c i = IZR (pz i - ty i) / (s * s * s).
Proof. rewrite z_scaled, y_scaled, minus_IZR. unfold Rdiv. ring. Qed.
Lemma e_abs i : Rabs (z i - rY c i) = IZR (Z.abs (pz i - ty i)) / (s * s * s).
Proof.
  assert (h := s_pos). rewrite e_scaled, abs_IZR. unfold Rdiv. rewrite Rabs_mult. f_equal. apply Rabs_pos_eq, Rlt_le, Rinv_0_lt_compat.
  apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat|]; exact h.
Qed.
Lemma over_le k a b : 0 < k -> IZR a / k <= IZR b / k <-> (a <= b)%Z.
Proof.
  intros Hk. split; intros H.
  - apply le_IZR. apply Rmult_le_reg_r with (/ k); [now apply Rinv_0_lt_compat | exact H].
  - apply Rmult_le_compat_r; [now apply Rlt_le, Rinv_0_lt_compat | now apply IZR_le].
Qed.
Lemma cube_pos : 0 < s * s * s.
Proof. assert (h := s_pos). apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat|]; exact h. Qed.

(** Twice the loss of a row. *)
Definition tl_at (i : nat) : R := IZR (twice_loss (loss c) S (ty i) (pz i)) / (s * s * s * (s * s * s)).

Lemma mean_of (f : nat -> R) : (forall i, (i < n)%nat -> 2 * f i = tl_at i) -> 2 * INR n * (/ INR n * sum n f) = sum n tl_at.
Proof.
  intros H. assert (hn : 0 < INR n) by now apply lt_0_INR. rewrite (sum_ext n tl_at (fun i => 2 * f i)) by (intros; symmetry; auto).
  unfold sum. rewrite lsum_scal. field. lra.
Qed.

Lemma loss_value : (match loss c with LogisticOf | MaximumOf => False | _ => True end) ->
  (loss c = MonotoneOf -> all_rows (points c) (offset c) (in_box c g) = true) ->
  2 * INR n * rTerm c z = sum n tl_at.
Proof.
  intros Hl Hbox. assert (h := s_pos). assert (h3 := cube_pos). assert (hn : 0 < INR n) by now apply lt_0_INR.
  unfold rTerm. destruct (loss c) eqn:E; try contradiction.
  - rewrite <- (mean_of (fun i => (z i - rY c i) * (z i - rY c i) / 2)).
    + unfold squares, sum. rewrite (lsum_ext _ (fun i => (z i - rY c i) * (z i - rY c i) / 2) (fun i => (z i - rY c i) * (z i - rY c i) * / 2)) by (intros; reflexivity).
      rewrite lsum_scal_r. field. lra.
    + intros i _. unfold tl_at. rewrite E, e_scaled. unfold twice_loss. rewrite mult_IZR. field. lra.
  - apply mean_of. intros i _. unfold tl_at. rewrite E. unfold huber_sample, twice_loss. set (k := (threshold * (S * S))%Z).
    assert (Ek : r c threshold = IZR k / (s * s * s)) by (unfold k, r; rewrite !mult_IZR; fold s; field; lra).
    rewrite Ek, e_abs. destruct (Rle_dec _ _) as [hr|hr], (Z.leb_spec (Z.abs (pz i - ty i)) k) as [hz|hz].
    + rewrite e_scaled, mult_IZR. field. lra.
    + apply over_le in hr; [lia | exact h3].
    + elim hr. now apply over_le.
    + rewrite minus_IZR, !mult_IZR. field. lra.
  - apply mean_of. intros i _. unfold tl_at. rewrite E, e_abs. unfold twice_loss. rewrite !mult_IZR. fold s. field. lra.
  - apply mean_of. intros i _. unfold tl_at. rewrite E. unfold twice_loss.
    replace (rY c i - z i) with (IZR (ty i - pz i) / (s * s * s)) by (rewrite z_scaled, y_scaled, minus_IZR; field; lra).
    rewrite !mult_IZR, IZR_max, !mult_IZR, !minus_IZR. fold s. unfold r. fold s.
    replace (IZR level / s * ((IZR (ty i) - IZR (pz i)) / (s * s * s))) with (/ (s * s * s * s) * (IZR level * (IZR (ty i) - IZR (pz i)))) by (field; lra).
    replace ((IZR level / s - 1) * ((IZR (ty i) - IZR (pz i)) / (s * s * s))) with (/ (s * s * s * s) * ((IZR level - s) * (IZR (ty i) - IZR (pz i)))) by (field; lra).
    rewrite RmaxRmult by (apply Rlt_le, Rinv_0_lt_compat; apply Rmult_lt_0_compat; [exact h3 | exact h]). field. lra.
  - apply mean_of. intros i _. unfold tl_at. rewrite E. unfold twice_loss. rewrite z_scaled, y_scaled, mult_IZR, IZR_max, minus_IZR, !mult_IZR. fold s.
    replace (1 - IZR (ty i) / (s * s * s) * (IZR (pz i) / (s * s * s))) with (/ (s * s * s * (s * s * s)) * (s * s * s * (s * s * s) - IZR (ty i) * IZR (pz i))) by (field; lra).
    replace 0 with (/ (s * s * s * (s * s * s)) * 0) at 1 by ring. rewrite RmaxRmult by (apply Rlt_le, Rinv_0_lt_compat; now apply Rmult_lt_0_compat).
    field. lra.
  - rewrite boxed_is_squares.
    + apply mean_of. intros i _. unfold tl_at. rewrite E, e_scaled. unfold twice_loss. rewrite mult_IZR. field. lra.
    + intros i Hi. assert (k := all_rows_at _ _ _ i (Hbox eq_refl) Hi). unfold in_box in k. fold (out i) in k. apply Z.leb_le in k.
      rewrite e_abs, y_scaled. unfold Rdiv. rewrite Rabs_mult, (Rabs_pos_eq (/ (s * s * s))) by (apply Rlt_le, Rinv_0_lt_compat, h3).
      rewrite <- abs_IZR. apply over_le; [exact h3|]. unfold pz, ty. exact k.
Qed.

Lemma decay_scaled : weight_decay (cols c) real_neurons = IZR (decay (cols c) g) / (s * s) / 2.
Proof.
  assert (h := s_pos). unfold weight_decay, decay, real_neurons. rewrite lsum_map, IZR_zlsum. unfold Rdiv. rewrite Rmult_assoc, <- lsum_scal_r.
  apply lsum_ext. intros v _. cbn [TrainingBound.out weight]. unfold norm2, dot.
  rewrite plus_IZR, mult_IZR, IZR_zdot.
  rewrite (sum_ext (cols c) (fun j => r c _ * r c _) (fun j => IZR (nth j (fst v) 0%Z) * IZR (nth j (fst v) 0%Z) * / (s * s)))
    by (intros; unfold r; fold s; field; lra).
  unfold sum. rewrite lsum_scal_r. unfold r. fold s. field. lra.
Qed.

Theorem network_sound : check_network c g = true ->
  constant_allowed (with_intercept c) (r c (constant g)) /\
  training (cols c) (rX c) (rLoss c) (r c (beta c)) (r c (constant g)) real_neurons <= r c (objective g).
Proof.
  intros H. unfold check_network in H. repeat (apply andb_prop in H; destruct H as [H ?]). rename H0 into Hv, H1 into Hc, H2 into Hl.
  assert (h := s_pos). assert (h3 := cube_pos). assert (hn : 0 < INR n) by now apply lt_0_INR. split.
  - unfold constant_allowed. destruct (with_intercept c); [exact I|]. apply Z.eqb_eq in Hc. rewrite Hc. unfold r. lra.
  - assert (Hloss : 2 * INR n * rTerm c z * (s * s * s * (s * s * s)) <= IZR (network_loss c g)).
    { unfold network_loss. destruct (loss c) eqn:E; try discriminate Hl.
      5: { unfold rTerm. rewrite E. set (M := over_rows _ _ _ _). rewrite mult_IZR, <- INR_IZR_INZ.
           replace (2 * INR n * maximum (fun i => z i - rY c i) n * (s * s * s * (s * s * s)))
             with (INR n * (2 * (s * s * s * (s * s * s)) * maximum (fun i => z i - rY c i) n)) by ring.
           apply Rmult_le_compat_l; [lra|].
           assert (HM : 0 <= IZR M).
           { apply IZR_le. unfold M. apply over_rows_max_nonneg. intros p o. unfold loss_at, twice_loss. rewrite E. cbv zeta.
             apply Z.mul_nonneg_nonneg; [lia|]. apply Z.mul_nonneg_nonneg; [apply Z.abs_nonneg | lia]. }
           assert (Hq : 0 < s * s * s * (s * s * s)) by now apply Rmult_lt_0_compat.
           assert (Hk : 0 < 2 * (s * s * s * (s * s * s))) by lra.
           apply Rmult_le_reg_l with (/ (2 * (s * s * s * (s * s * s)))); [now apply Rinv_0_lt_compat|].
           rewrite <- Rmult_assoc, Rinv_l, Rmult_1_l by lra. apply maximum_below; [apply Rmult_le_pos; [now apply Rlt_le, Rinv_0_lt_compat | exact HM]|].
           intros i Hi. assert (k := over_rows_max (loss_at c g) (points c) (offset c) i Hi). fold M in k. apply IZR_le in k.
           unfold loss_at in k. rewrite E in k. fold (out i) in k. cbv zeta in k. fold (pz i) (ty i) in k. unfold twice_loss in k.
           rewrite !mult_IZR in k. fold s in k. rewrite e_abs.
           apply Rmult_le_reg_l with (2 * (s * s * s * (s * s * s))); [exact Hk|].
           replace (2 * (s * s * s * (s * s * s)) * (/ (2 * (s * s * s * (s * s * s))) * IZR M)) with (IZR M) by (field; lra).
           replace (2 * (s * s * s * (s * s * s)) * (IZR (Z.abs (pz i - ty i)) / (s * s * s))) with (2 * (IZR (Z.abs (pz i - ty i)) * (s * s * s))) by (field; lra).
           exact k. }
      all: rewrite loss_value; [| rewrite E; exact I | intros D; first [exact Hl | rewrite E in D; discriminate D]];
        rewrite IZR_over_rows; unfold sum; rewrite <- lsum_scal_r; right; apply lsum_ext; intros i _; unfold tl_at, loss_at;
        rewrite E; fold (out i); cbv zeta; fold (pz i) (ty i); field; lra. }
    apply Z.leb_le, IZR_le in Hv. rewrite plus_IZR, !mult_IZR, <- INR_IZR_INZ in Hv. fold s in Hv.
    unfold training. change (rLoss c (output (cols c) (rX c) (r c (constant g)) real_neurons)) with (rTerm c z).
    rewrite decay_scaled. unfold r. fold s.
    assert (h6 : 0 < 2 * INR n * (s * s * s * (s * s * s))) by (apply Rmult_lt_0_compat; [lra|]; now apply Rmult_lt_0_compat).
    apply Rmult_le_reg_l with (2 * INR n * (s * s * s * (s * s * s))); [exact h6|].
    replace (2 * INR n * (s * s * s * (s * s * s)) * (rTerm c z + IZR (beta c) / s * (IZR (decay (cols c) g) / (s * s) / 2)))
      with (2 * INR n * rTerm c z * (s * s * s * (s * s * s)) + INR n * IZR (beta c) * IZR (decay (cols c) g) * (s * s * s)) by (field; lra).
    replace (2 * INR n * (s * s * s * (s * s * s)) * (IZR (objective g) / s)) with (2 * INR n * IZR (objective g) * (s * s * s * (s * s))) by (field; lra).
    lra.
Qed.
End Meaning.
