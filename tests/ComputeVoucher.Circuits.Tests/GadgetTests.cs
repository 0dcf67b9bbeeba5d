using System;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Bn254;
using ComputeVoucher.Execution.Graphs;

namespace ComputeVoucher.Circuits.Tests;

/// <summary>Every gadget alone: the honest run satisfies it, and no other output does, whatever the
/// prover's wires.</summary>
public sealed class GadgetTests
{
    [Fact]
    public void NumbersBelowABound_AreExactlyTheSumsOfItsBits()
    {
        for (int bound = 1; bound <= 130; bound++)
        {
            HashSet<long> sums = [0];
            long last = bound - (1L << Math.Max(Gadgets.BitsOf(bound - 1) - 1, 0));
            int bits = Gadgets.BitsOf(bound - 1);
            for (int i = 0; i < bits; i++)
            {
                foreach (long sum in (long[])[.. sums])
                {
                    sums.Add(sum + (i == bits - 1 ? last : 1L << i));
                }
            }

            Assert.Equal(bound, sums.Count);
            for (int value = 0; value < bound; value++)
            {
                Assert.Contains(value, sums);
                Assert.Null(Broken((assembler, gadgets, sum) =>
                    gadgets.AddBelow(sum.Constant(value), value, bound, -1)));
            }

            // The bits of the bound itself are none: whatever is put there breaks.
            Assert.NotNull(Broken((assembler, gadgets, sum) =>
                gadgets.AddBelow(sum.Constant(bound), bound, bound, -1)));
        }
    }

    [Fact]
    public void Bit_IsZeroOrOne()
    {
        for (int value = 0; value < 4; value++)
        {
            int? broken = Broken((assembler, _, _) =>
                assembler.Set(assembler.Bit(true), Fr.FromInteger((ulong)value)));
            Assert.Equal(value > 1, broken is not null);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    public void Byte_HoldsBytesAlone(int value)
    {
        Assert.Null(Broken((_, gadgets, _) => gadgets.Byte(value)));
        Assert.NotNull(Broken((_, gadgets, _) => gadgets.Byte(value + 256)));
        Assert.NotNull(Broken((_, gadgets, _) => gadgets.Byte(value + 512)));
    }

    [Theory]
    [InlineData(-128, -9, -60_000, 90_000)]
    [InlineData(-128, -9, 0, 20_000)]
    [InlineData(-128, -8, 10, 700_000)]
    [InlineData(4, -9, -60_000, 90_000)]
    [InlineData(4, -7, -60_000, 900_000)]
    [InlineData(-40, -9, -700_000, 400)]
    public void Requantization_HasOneOutput(int zero, int shift, int low, int high)
    {
        ChannelRescaling rescaling = new(
            1_400_000_001, shift, new OutputEnd(zero, sbyte.MinValue, sbyte.MaxValue));
        Floor floor = FloorSearch.Find(rescaling, low, high);
        Random random = new(9);
        for (int i = 0; i < 150; i++)
        {
            int sum = i == 0 ? low : i == 1 ? high : random.Next(low, high + 1);
            Signal output = default;
            Assert.Null(Broken((_, gadgets, scaled) => output = gadgets.Requantize(
                floor, scaled.Constant(floor.A * sum), sum), closed: true));
            Assert.Equal(rescaling.Of(sum) + Signal.Offset, output.Value);
            // The wires of another sum, under this one's constraints.
            int other = (int)Math.Clamp(sum + (i % 2 == 0 ? floor.D : -floor.D), low, high);
            bool same = rescaling.Of(other) == rescaling.Of(sum);
            Assert.True(same || Broken((_, gadgets, scaled) => gadgets.Requantize(
                floor, scaled.Constant(floor.A * sum), other), closed: true) is not null);
        }
    }

    /// <summary>The constraints admit a branch exactly where the division's rule does, which is
    /// counted out elsewhere; and then its output is the right one.</summary>
    [Fact]
    public void Branch_IsAdmittedWhereItIsRight()
    {
        ChannelRescaling rescaling = new(
            1_400_000_001, -9, new OutputEnd(4, sbyte.MinValue, sbyte.MaxValue));
        Floor floor = FloorSearch.Find(rescaling, -60_000, 90_000);
        Assert.True(floor.IsTwoSided);
        Thresholds steps = new(rescaling, floor.Low, floor.High);
        int refused = 0;
        for (int sum = steps.Of(3) - 3; sum <= steps.Of(6) + 3; sum++)
        {
            foreach (bool below in (bool[])[false, true])
            {
                Signal output = default;
                bool holds = Broken((_, gadgets, scaled) => output = gadgets.Requantize(
                    floor, scaled.Constant(floor.A * sum), sum, below), closed: true) is null;
                Assert.Equal(floor.Admitted(sum, below) is not null, holds);
                Assert.True(!holds || output.Value == rescaling.Of(sum) + Signal.Offset);
                refused += holds ? 0 : 1;
            }
        }

        Assert.InRange(refused, 10, int.MaxValue);
    }

    [Fact]
    public void Greatest_IsOneOfThemAndNoneIsGreater()
    {
        Random random = new(2);
        for (int i = 0; i < 100; i++)
        {
            int[] values = new int[1 + (i % 9)];
            int greatest = 0;
            for (int k = 0; k < values.Length; k++)
            {
                values[k] = i % 4 == 0 ? 7 : random.Next(256);
                greatest = Math.Max(greatest, values[k]);
            }

            Assert.Null(Greatest(values, greatest));
            foreach (int wrong in (int[])[greatest + 1, Math.Max(greatest - 1, 0), 255, 0])
            {
                Assert.True(wrong == greatest || Greatest(values, wrong) is not null);
            }
        }
    }

    /// <summary>A claim with all its other wires as they would have to be.</summary>
    private static int? Greatest(int[] values, int claimed) => Broken((_, gadgets, _) =>
    {
        Signal[] signals = new Signal[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            signals[i] = gadgets.Byte(values[i]);
        }

        gadgets.Greatest(signals, claimed);
    });

    /// <summary>The first constraint that fails; null where all hold.</summary>
    private static int? Broken(Action<Assembler, Gadgets, LinearSum> build, bool closed = false)
    {
        MemoryStream stream = new();
        ConstraintWriter writer = new(stream);
        Assembler assembler = new(writer, keepsValues: true);
        LinearSum sum = new();
        build(assembler, new Gadgets(assembler), sum);
        if (!closed)
        {
            assembler.Linear(sum);
        }

        writer.Finish(assembler.Wires, 0, 0, assembler.Constraints);
        return ConstraintSystem.Read(stream).FirstBroken(new Witness(assembler.Values));
    }
}
