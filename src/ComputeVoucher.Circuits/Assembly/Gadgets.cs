using System;
using System.Numerics;

namespace ComputeVoucher.Circuits;

/// <summary>The parts of which circuits of integer graphs consist.</summary>
internal sealed class Gadgets(Assembler assembler)
{
    /// <summary>Bits of a byte.</summary>
    public const int ByteBits = 8;

    /// <summary>Of the comparison that tells a branch: both sides are below 2^9.</summary>
    private const int SignBits = 9;

    private const int ByteMax = (1 << ByteBits) - 1;

    private readonly LinearSum _sum = new();
    private readonly LinearSum _left = new();
    private readonly LinearSum _right = new();
    private readonly LinearSum _product = new();

    /// <summary>A wire between 0 and 255: eight bits and their sum.</summary>
    public Signal Byte(int value)
    {
        int wire = assembler.New(value);
        AddBits(_sum.Clear().Add(wire, -1), value, ByteBits, 1);
        assembler.Linear(_sum);
        return new Signal(wire, value);
    }

    /// <summary>Adds the bits of a number to a sum, each times a factor.</summary>
    /// <returns>The first of their wires, lowest bit first.</returns>
    public int AddBits(LinearSum sum, long value, int count, long factor)
    {
        int first = assembler.Wires;
        for (int i = 0; i < count; i++)
        {
            sum.Add(assembler.Bit(((value >> i) & 1) != 0), factor << i);
        }

        return first;
    }

    /// <summary>Adds a number between 0 and bound − 1, and no other, to a sum, times a factor: bits
    /// of weights 1, 2, 4 … and at last what is missing, whose sums are exactly these numbers.
    /// </summary>
    public void AddBelow(LinearSum sum, long value, long bound, long factor)
    {
        int bits = BitsOf(bound - 1);
        if (bits == 0)
        {
            return;
        }

        long last = bound - (1L << (bits - 1));
        bool isUpper = value >= 1L << (bits - 1);
        AddBits(sum, isUpper ? value - last : value, bits - 1, factor);
        sum.Add(assembler.Bit(isUpper), last * factor);
    }

    /// <summary>The output of a requantization.</summary>
    /// <param name="floor">Proven for every sum that can occur.</param>
    /// <param name="scaled">A · sum, which this uses up.</param>
    /// <param name="sum">Its value.</param>
    public Signal Requantize(Floor floor, LinearSum scaled, int sum) =>
        Requantize(floor, scaled, sum, floor.IsBelow(sum));

    /// <summary>The same in a branch of the prover's choice, which the constraints may not admit.
    /// </summary>
    internal Signal Requantize(Floor floor, LinearSum scaled, int sum, bool isBelow)
    {
        (long quotient, bool isUpper) = floor.Divide(sum, isBelow);
        long remainder = (floor.A * sum) + (isBelow ? floor.Below : floor.Above)
            - (quotient * floor.D);
        QuotientRange range = new(floor);
        scaled.Constant(floor.Above + (floor.D * (range.Lift - floor.Min)));
        int below = 0;
        int half = 0;
        if (floor.IsTwoSided)
        {
            below = assembler.Bit(isBelow);
            half = assembler.Bit(isUpper);
            scaled.Add(below, floor.Below - floor.Above).Add(half, -(floor.D / 2));
            remainder -= isUpper ? floor.D / 2 : 0;
        }

        AddBelow(scaled, remainder, floor.IsTwoSided ? floor.D / 2 : floor.D, -1);
        long lifted = quotient - floor.Min + range.Lift;
        int bits = AddBits(scaled, lifted, range.Bits, -floor.D);
        assembler.Linear(scaled);
        Signal output = Clamp(bits, lifted, range);
        if (floor.IsTwoSided)
        {
            RequireBranch(floor, output, below, half, isBelow, isUpper);
        }

        return output;
    }

    /// <summary>The greatest of several bytes: one of them, and none is greater.</summary>
    public Signal Greatest(ReadOnlySpan<Signal> signals)
    {
        int greatest = 0;
        foreach (Signal signal in signals)
        {
            greatest = Math.Max(greatest, signal.Value);
        }

        return Greatest(signals, greatest);
    }

    /// <summary>The same with a number of the prover's choice, which the constraints may not admit.
    /// </summary>
    internal Signal Greatest(ReadOnlySpan<Signal> signals, int greatest)
    {
        int wire = assembler.New(greatest);
        Fr value = Fr.One;
        for (int i = 0; i < signals.Length; i++)
        {
            int distance = greatest - signals[i].Value;
            _sum.Clear().Add(wire, -1).Add(signals[i], 1);
            AddBits(_sum, distance, ByteBits, 1);
            assembler.Linear(_sum);
            value *= Fr.FromInteger((ulong)distance);
            _right.Clear().Add(wire, 1).Add(signals[i], -1);
            if (i == 0)
            {
                _left.Clear().Add(wire, 1).Add(signals[i], -1);
            }
            else if (i < signals.Length - 1)
            {
                int product = assembler.New(0);
                assembler.Set(product, value);
                assembler.Product(_left, _right, _product.Clear().Add(product, 1));
                _left.Clear().Add(product, 1);
            }
        }

        // One distance is 0, so their product is.
        _ = signals.Length == 1 ? _right.Clear().Constant(1) : _right;
        assembler.Product(_left, _right, _product.Clear());
        return new Signal(wire, greatest);
    }

    /// <summary>Asks that a word is its 31 bytes, the first the highest, missing ones 0.</summary>
    public void Pack(int word, ReadOnlySpan<Signal> bytes)
    {
        Fr weight = Fr.One;
        Fr value = default;
        Fr base256 = Fr.FromInteger(ByteMax + 1);
        for (int i = GraphCircuit.WordBytes; i > bytes.Length; i--)
        {
            weight *= base256;
        }

        _sum.Clear().Add(word, -1);
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            Fr byteValue = Fr.FromInteger((ulong)bytes[i].Value);
            value += weight * byteValue;
            _ = bytes[i].Wire == 0
                ? _sum.Constant(weight * byteValue)
                : _sum.Add(bytes[i].Wire, weight);
            weight *= base256;
        }

        assembler.Set(word, value);
        assembler.Linear(_sum);
    }

    /// <summary>How many bits a number has.</summary>
    public static int BitsOf(long value) =>
        64 - BitOperations.LeadingZeroCount((ulong)value);

    /// <summary>The byte of a quotient between the bounds of the activation.</summary>
    /// <param name="first">The quotient's lowest bit.</param>
    /// <param name="lifted">What the bits say.</param>
    /// <param name="range">How many there are, and what can occur.</param>
    private Signal Clamp(int first, long lifted, QuotientRange range)
    {
        int value = range.Offset + (int)Math.Clamp(lifted - range.Lift, 0, range.Top);
        int magnitude = range.Bits - (range.Lift > 0 ? 1 : 0);
        int shown = range.IsOver && range.Top == ByteMax ? ByteBits : magnitude;
        int wire;
        if (range.IsOver)
        {
            long number = lifted & ((1L << magnitude) - 1);
            Overflow(first, magnitude, number, range.Top);
            AddWires(_right.Clear().Constant(range.Top), first, shown, -1);
            if (range.Lift == 0)
            {
                wire = assembler.New(value);
                AddWires(_product.Clear().Add(wire, 1).Constant(-range.Offset), first, shown, -1);
                assembler.Product(_left, _right, _product);
                return new Signal(wire, value);
            }

            long missing = range.Top - (number & ((1L << shown) - 1));
            int filled = assembler.Product(_left, _right, number > range.Top ? missing : 0);
            AddWires(_right.Clear().Add(filled, 1), first, shown, 1);
        }
        else
        {
            AddWires(_right.Clear(), first, shown, 1);
        }

        // The top bit says that the quotient is not negative.
        _ = range.Lift == 0
            ? _left.Clear().Constant(1)
            : _left.Clear().Add(first + magnitude, 1);
        wire = assembler.New(value);
        assembler.Product(
            _left, _right, _product.Clear().Add(wire, 1).Constant(-range.Offset));
        return new Signal(wire, value);
    }

    /// <summary>Leaves on the left whether a number is above the top.</summary>
    private void Overflow(int first, int bits, long number, int top)
    {
        if (top != ByteMax)
        {
            // number − top − 1 + 2^bits has one bit more, which is set exactly there.
            long lift = (1L << bits) - top - 1;
            AddWires(_sum.Clear().Constant(lift), first, bits, 1);
            int compared = AddBits(_sum, number + lift, bits + 1, -1);
            assembler.Linear(_sum);
            _left.Clear().Add(compared + bits, 1);
            return;
        }

        // Whether a bit beyond the eighth is set.
        int last = first + ByteBits;
        if (bits == ByteBits + 1)
        {
            _left.Clear().Add(last, 1);
            return;
        }

        _left.Clear().Add(last, -1).Constant(1);
        for (int i = 1; i < bits - ByteBits; i++)
        {
            bool isNone = ((number >> ByteBits) & ((1L << (i + 1)) - 1)) == 0;
            _right.Clear().Add(first + ByteBits + i, -1).Constant(1);
            last = assembler.Product(_left, _right, isNone ? 1 : 0);
            _left.Clear().Add(last, 1);
        }

        _left.Clear().Add(last, -1).Constant(1);
    }

    private static void AddWires(LinearSum sum, int first, int count, long factor)
    {
        for (int i = 0; i < count; i++)
        {
            sum.Add(first + i, factor << i);
        }
    }

    /// <summary>Asks that the branch is "below" exactly where twice the clamped output, plus the
    /// remainder's half, is below twice the zero point plus one. To compare the output alone would
    /// leave a sum at the zero point's threshold to the prover's choice.</summary>
    private void RequireBranch(
        Floor floor, Signal output, int below, int half, bool isBelow, bool isUpper)
    {
        const int Lift = 1 << SignBits;
        int offset = floor.Min + Signal.Offset;
        int zero = 2 * (floor.Zero - floor.Min);
        int distance = zero - (2 * (output.Value - offset)) - (isUpper ? 1 : 0);
        _sum.Clear().Constant(zero + (2 * offset) + Lift)
            .Add(output.Wire, -2).Add(half, -1).Add(below, -Lift);
        AddBits(_sum, distance + (isBelow ? 0 : Lift), SignBits, -1);
        assembler.Linear(_sum);
    }
}

/// <summary>What a quotient, less the least output, can be over all sums.</summary>
internal readonly struct QuotientRange
{
    public QuotientRange(Floor floor)
    {
        long low = Floor.FloorOf(
            (floor.A * floor.Low) + Math.Min(floor.Above, floor.Below), floor.D) - floor.Min;
        long high = Floor.FloorOf(
            (floor.A * floor.High) + Math.Max(floor.Above, floor.Below), floor.D) - floor.Min;
        int bits = Math.Max(Gadgets.BitsOf(high), low < 0 ? Gadgets.BitsOf(-low - 1) : 0);
        Lift = low < 0 ? 1L << bits : 0;
        Bits = bits + (low < 0 ? 1 : 0);
        Top = floor.Max - floor.Min;
        IsOver = high > Top;
        Offset = floor.Min + Signal.Offset;
    }

    /// <summary>A power of two that makes it positive; 0 where it never is negative.</summary>
    public long Lift { get; }

    /// <summary>Bits of what was lifted.</summary>
    public int Bits { get; }

    /// <summary>The greatest output, less the least.</summary>
    public int Top { get; }

    /// <summary>Whether it can be above that.</summary>
    public bool IsOver { get; }

    /// <summary>The byte of the least output.</summary>
    public int Offset { get; }
}
