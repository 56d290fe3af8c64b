(** * A network with one hidden layer as a deep one of width d + 3

    Its units alpha relu(w.x + b) are computed one after the other: channel r holds the last unit's relu, P and Q collect the positive
    and the negative terms, the constant first, and x is carried.  Behind it comes the dead zone.  It is the network of
    approx.Shallow (Network): width d + 3 for any number of units. *)

From Coq Require Import Reals List Lra Lia Arith.
From Multigrade Require Import FiniteSum TrainingBound SoftThreshold ReluNetwork NarrowNetwork.
Import ListNotations.
Open Scope R_scope.

(** A unit is its affine form of x and its output weight. *)
Definition shallow (c : R) (us : list (affine * R)) (x : nat -> R) : R :=
  c + lsum us (fun u => snd u * relu (eval (fst u) x)).

Section Serial.
Variable D : nat.

Definition serial_width : nat := D + 3.
Notation cr := D.
Notation cP := (D + 1)%nat.
Notation cQ := (D + 2)%nat.

Definition serial_layer (fr fP fQ : affine) : layer := fun i =>
  if Nat.ltb i D then carry i else match (i - D)%nat with 0 => fr | 1 => fP | 2 => fQ | _ => nothing end%nat.

Definition positive_terms (a : R) : affine := ([(1, cP); (relu a, cr)], 0).
Definition negative_terms (a : R) : affine := ([(1, cQ); (relu (- a), cr)], 0).

(** The layers after one whose unit, of output weight a, is in r. *)
Fixpoint serial_more (a : R) (us : list (affine * R)) : list layer :=
  match us with
  | [] => [serial_layer nothing (positive_terms a) (negative_terms a)]
  | (w, a') :: us' => serial_layer w (positive_terms a) (negative_terms a) :: serial_more a' us'
  end.

Definition serial (c : R) (us : list (affine * R)) : list layer :=
  match us with
  | [] => [serial_layer nothing ([], relu c) ([], relu (- c))]
  | (w, a) :: us' => serial_layer w ([], relu c) ([], relu (- c)) :: serial_more a us'
  end.

Definition serial_readout : affine := ([(1, cP); (-1, cQ)], 0).

Definition serial_holds (x : nat -> R) (r P Q : R) (h : nat -> R) : Prop :=
  (forall i, (i < D)%nat -> h i = x i) /\ h cr = r /\ h cP = P /\ h cQ = Q.

Variable x : nat -> R.
Hypothesis x_nonneg : forall i, (i < D)%nat -> 0 <= x i.

Lemma apply_serial fr fP fQ h :
  (forall i, (i < D)%nat -> h i = x i) ->
  serial_holds x (relu (eval fr h)) (relu (eval fP h)) (relu (eval fQ h)) (apply serial_width (serial_layer fr fP fQ) h).
Proof.
  intros Hx. unfold apply, serial_layer, serial_width. repeat split.
  - intros i Hi. replace (Nat.ltb i (D + 3)) with true by (symmetry; apply Nat.ltb_lt; lia).
    replace (Nat.ltb i D) with true by (symmetry; apply Nat.ltb_lt; lia).
    unfold eval, carry. simpl. rewrite Hx by exact Hi.
    replace (1 * x i + 0 + 0) with (x i) by ring. apply relu_pos. auto.
  - replace (Nat.ltb D (D + 3)) with true by (symmetry; apply Nat.ltb_lt; lia).
    rewrite Nat.ltb_irrefl, Nat.sub_diag. reflexivity.
  - replace (Nat.ltb (D + 1) (D + 3)) with true by (symmetry; apply Nat.ltb_lt; lia).
    replace (Nat.ltb (D + 1) D) with false by (symmetry; apply Nat.ltb_ge; lia).
    replace (D + 1 - D)%nat with 1%nat by lia. reflexivity.
  - replace (Nat.ltb (D + 2) (D + 3)) with true by (symmetry; apply Nat.ltb_lt; lia).
    replace (Nat.ltb (D + 2) D) with false by (symmetry; apply Nat.ltb_ge; lia).
    replace (D + 2 - D)%nat with 2%nat by lia. reflexivity.
Qed.

Lemma relu_ge a : 0 <= relu a.
Proof. unfold relu, Rmax. destruct Rle_dec; lra. Qed.

(** The sums take up the unit in r. *)
Lemma sums a r P Q h : 0 <= r -> 0 <= P -> 0 <= Q -> serial_holds x r P Q h ->
  relu (eval (positive_terms a) h) = P + relu a * r /\ relu (eval (negative_terms a) h) = Q + relu (- a) * r.
Proof.
  intros Hr HP HQ [_ [h1 [h2 h3]]]. unfold eval, positive_terms, negative_terms. cbn [fst snd lsum]. rewrite h1, h2, h3.
  assert (0 <= relu a * r) by (apply Rmult_le_pos; [apply relu_ge | exact Hr]).
  assert (0 <= relu (- a) * r) by (apply Rmult_le_pos; [apply relu_ge | exact Hr]).
  split; rewrite relu_pos; lra.
Qed.

Definition reads (us : list (affine * R)) : Prop := forall u, In u us -> reads_x D (fst u).

Lemma serial_more_run : forall us a r P Q h,
  reads us -> 0 <= r -> 0 <= P -> 0 <= Q -> serial_holds x r P Q h ->
  (forall i, (i < D)%nat -> run serial_width (serial_more a us) h i = x i)
  /\ eval serial_readout (run serial_width (serial_more a us) h)
     = P - Q + a * r + lsum us (fun u => snd u * relu (eval (fst u) x)).
Proof.
  induction us as [|[w a'] us IH]; intros a r P Q h Hus Hr HP HQ H; destruct (sums a r P Q h Hr HP HQ H) as [HsP HsQ];
    assert (Hpn := positive_part a r).
  - cbn [serial_more run lsum].
    destruct (apply_serial nothing (positive_terms a) (negative_terms a) h (proj1 H)) as [k1 [_ [k3 k4]]].
    split; [exact k1|]. unfold eval at 1, serial_readout. cbn [fst snd lsum]. rewrite k3, k4, HsP, HsQ. lra.
  - cbn [serial_more run lsum fst snd].
    assert (Hn := apply_serial w (positive_terms a) (negative_terms a) h (proj1 H)).
    rewrite HsP, HsQ in Hn.
    assert (Hw : eval w h = eval w x) by exact (eval_reads_x D w h x (Hus (w, a') (or_introl eq_refl)) (proj1 H)).
    rewrite Hw in Hn.
    assert (0 <= relu a * r) by (apply Rmult_le_pos; [apply relu_ge | exact Hr]).
    assert (0 <= relu (- a) * r) by (apply Rmult_le_pos; [apply relu_ge | exact Hr]).
    destruct (IH a' (relu (eval w x)) (P + relu a * r) (Q + relu (- a) * r) _
      (fun u Hu => Hus u (or_intror Hu)) (relu_ge _) ltac:(lra) ltac:(lra) Hn) as [K1 K2].
    split; [exact K1|]. rewrite K2. lra.
Qed.

(** The deep network carries x and reads out the shallow one. *)
Theorem serial_run c us h :
  reads us -> (forall i, (i < D)%nat -> h i = x i) ->
  (forall i, (i < D)%nat -> run serial_width (serial c us) h i = x i)
  /\ eval serial_readout (run serial_width (serial c us) h) = shallow c us x.
Proof.
  intros Hus Hh. unfold shallow. assert (Hc := positive_minus_negative c).
  assert (Hconst : forall v, relu (eval ([], relu v) h) = relu v)
    by (intros v; unfold eval; cbn [fst snd lsum]; rewrite Rplus_0_l; apply relu_pos, relu_ge).
  destruct us as [|[w a] us]; cbn [serial run lsum fst snd].
  - destruct (apply_serial nothing ([], relu c) ([], relu (- c)) h Hh) as [k1 [_ [k3 k4]]].
    split; [exact k1|]. unfold eval at 1, serial_readout. cbn [fst snd lsum]. rewrite k3, k4, !Hconst. lra.
  - assert (Hn := apply_serial w ([], relu c) ([], relu (- c)) h Hh). rewrite !Hconst in Hn.
    assert (Hw : eval w h = eval w x) by exact (eval_reads_x D w h x (Hus (w, a) (or_introl eq_refl)) Hh).
    rewrite Hw in Hn.
    destruct (serial_more_run us a (relu (eval w x)) (relu c) (relu (- c)) _
      (fun u Hu => Hus u (or_intror Hu)) (relu_ge _) (relu_ge _) (relu_ge _) Hn) as [K1 K2].
    split; [exact K1|]. rewrite K2. lra.
Qed.

Theorem serial_depth c us : length (serial c us) = S (length us).
Proof.
  destruct us as [|[w a] us]; [reflexivity|]. cbn [serial length]. f_equal. revert a.
  induction us as [|[w' a'] us IH]; intros a; [reflexivity|]. cbn [serial_more length]. now rewrite IH.
Qed.

(** With the dead zone behind it: a trained grade, exactly, on a layer that carries x. *)
Theorem trained_grade c us eps h :
  reads us -> (forall i, (i < D)%nat -> h i = x i) ->
  let last := apply (D + 2) (dead_zone_layer D serial_readout eps) (run serial_width (serial c us) h) in
  (forall i, (i < D)%nat -> last i = x i) /\ eval ([(1, D); (-1, (D + 1)%nat)], 0) last = soft eps (shallow c us x).
Proof.
  intros Hus Hh. destruct (serial_run c us h Hus Hh) as [H1 H2].
  destruct (dead_zone_layer_run D x serial_readout eps _ x_nonneg H1) as [K1 K2].
  split; [exact K1|]. rewrite K2, H2. reflexivity.
Qed.

End Serial.
