using System;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Circuits.Tests;

/// <summary>The divisions that stand for requantizations: proven by thresholds, here counted out
/// sum by sum over all that can occur, whichever branch a prover chooses.</summary>
public sealed class RequantizationTests
{
    /// <summary>Channels of a model that are counted out in a fast run; all have a division.
    /// </summary>
    private const int ChannelsFast = 12;

    [SharedDataTheory("tflite")]
    [InlineData("ad", 25)]
    [InlineData("ic", 25)]
    [InlineData("kws", 25)]
    [InlineData("vww", 25)]
    public void EveryChannelOfTheModel_IsOneDivision(string name, int bitsMax)
    {
        List<(Rescaling Rescaling, Floor Floor)> all = Channels(Model(name));
        Assert.NotEmpty(all);
        int step = Math.Max(1, all.Count / Runs.Count(ChannelsFast, 100));
        for (int i = 0; i < all.Count; i++)
        {
            (Rescaling rescaling, Floor floor) = all[i];
            Assert.InRange(Gadgets.BitsOf(floor.D), 1, bitsMax);
            if (i % step == 0)
            {
                Assert.Null(Wrong(floor, rescaling));
            }
        }
    }

    [Fact]
    public void EveryChannelOfGlyphs_IsOneDivision()
    {
        List<(Rescaling Rescaling, Floor Floor)> all = Channels(Glyphs());
        Assert.NotEmpty(all);
        foreach ((Rescaling rescaling, Floor floor) in all)
        {
            Assert.Null(Wrong(floor, rescaling));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 255)]
    [InlineData(3, 3)]
    [InlineData(4, 511)]
    [InlineData(9, 9)]
    [InlineData(16, 2047)]
    [InlineData(36, 4607)]
    [InlineData(49, 49)]
    [InlineData(64, 8191)]
    public void Average_IsOneDivisionWithThisDivisor(int count, long divisor)
    {
        Rescaling average = new SampleAverage(count);
        Floor floor = FloorSearch.Find(average, -128 * count, 127 * count);
        Assert.Equal(divisor, floor.D);
        Assert.False(floor.IsTwoSided);
        Assert.Null(Wrong(floor, average));
    }

    [SharedDataFact("tflite/ic")]
    public void EveryAdditionOfTheResidualNetwork_IsOneDivision()
    {
        List<long> divisors = [];
        foreach (Operator op in Model("ic").Graph.Operators)
        {
            if (op is Add add)
            {
                PairFloor pair = PairSearch.Find(add);
                divisors.Add(pair.Floor.D);
                Assert.Null(WrongPair(pair, add));
                Assert.NotNull(WrongPair(
                    new PairFloor(pair.First + 1, pair.Second, pair.Floor), add));
            }
        }

        Assert.Equal([25_477L, 2_475, 2_032], divisors);
    }

    [Fact]
    public void RandomChannels_OfBothKinds_AreOneDivision()
    {
        Random random = new(5);
        int twoSided = 0;
        for (int i = 0; i < Runs.Count(60, 1_000); i++)
        {
            int zero = i % 3 == 0 ? sbyte.MinValue : random.Next(-100, 100);
            ChannelRescaling rescaling = new(random.Next(1 << 30, int.MaxValue),
                random.Next(-11, -4), new OutputEnd(zero, sbyte.MinValue, sbyte.MaxValue));
            int low = -random.Next(1, 400_000);
            Floor floor = FloorSearch.Find(rescaling, low, low + random.Next(1, 600_000));
            twoSided += floor.IsTwoSided ? 1 : 0;
            Assert.Null(Wrong(floor, rescaling));
        }

        Assert.InRange(twoSided, 10, int.MaxValue);
    }

    /// <summary>The detector detects: without the half of the remainder in the comparison the
    /// prover may choose his branch at the zero point's threshold.</summary>
    [Fact]
    public void BranchByTheOutputAlone_IsCaught()
    {
        int caught = 0;
        int twoSided = 0;
        foreach ((Rescaling rescaling, Floor floor) in Channels(Glyphs()))
        {
            twoSided += floor.IsTwoSided ? 1 : 0;
            caught += floor.IsTwoSided && WrongByOutputAlone(floor, rescaling) ? 1 : 0;
        }

        Assert.InRange(twoSided, 1, int.MaxValue);
        Assert.Equal(twoSided, caught);
    }

    [Fact]
    public void OneOffsetForBothSides_IsCaught()
    {
        foreach ((Rescaling rescaling, Floor floor) in Channels(Glyphs()))
        {
            Floor wrong = With(floor, floor.Above, floor.Above);
            Assert.True(!floor.IsTwoSided || Wrong(wrong, rescaling) is not null);
        }
    }

    [Fact]
    public void AnOffsetThatIsOneTooSmall_IsCaught()
    {
        // B is the least that is right.
        foreach ((Rescaling rescaling, Floor floor) in Channels(Glyphs()))
        {
            Floor less = With(floor, floor.Above - 1, floor.Below - 1);
            Assert.True(floor.IsConstant || Wrong(less, rescaling) is not null);
        }
    }

    [Fact]
    public void Thresholds_AreTheLeastSums()
    {
        ChannelRescaling rescaling = new(
            1_500_000_000, -9, new OutputEnd(-3, sbyte.MinValue, sbyte.MaxValue));
        Thresholds steps = new(rescaling, -70_000, 90_000);
        Assert.Equal(rescaling.Of(90_000), steps.First + steps.Count - 1);
        for (int i = 0; i < steps.Count; i++)
        {
            Assert.True(rescaling.Of(steps[i]) >= steps.First + i);
            Assert.True(rescaling.Of(steps[i] - 1) < steps.First + i);
        }
    }

    /// <summary>The first sum that a branch gets wrong, or that no branch admits.</summary>
    private static int? Wrong(Floor floor, Rescaling rescaling)
    {
        for (int sum = floor.Low; sum <= floor.High; sum++)
        {
            int wanted = rescaling.Of(sum);
            if (floor.IsConstant)
            {
                if (floor.Min != wanted)
                {
                    return sum;
                }

                continue;
            }

            int? above = floor.Admitted(sum, below: false);
            int? below = floor.IsTwoSided ? floor.Admitted(sum, below: true) : null;
            if ((above ?? below) is null || (above ?? wanted) != wanted
                || (below ?? wanted) != wanted || floor.Admitted(sum, floor.IsBelow(sum)) != wanted)
            {
                return sum;
            }
        }

        return null;
    }

    /// <summary>The first pair of bytes whose sum is wrong, or outside what it was proven for.
    /// </summary>
    private static (int X, int Y)? WrongPair(PairFloor pair, Add add)
    {
        for (int x = sbyte.MinValue; x <= sbyte.MaxValue; x++)
        {
            for (int y = sbyte.MinValue; y <= sbyte.MaxValue; y++)
            {
                int sum = (int)((pair.First * x) + (pair.Second * y));
                if (sum < pair.Floor.Low || sum > pair.Floor.High
                    || pair.Floor.Admitted(sum, below: false) != add.Sum(x, y))
                {
                    return (x, y);
                }
            }
        }

        return null;
    }

    private static bool WrongByOutputAlone(Floor floor, Rescaling rescaling)
    {
        for (int sum = floor.Low; sum <= floor.High; sum++)
        {
            foreach (bool below in (bool[])[false, true])
            {
                int output = (int)Math.Clamp(
                    floor.Divide(sum, below).Quotient, floor.Min, floor.Max);
                if (below == output < floor.Zero && output != rescaling.Of(sum))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static Floor With(Floor floor, long above, long below) => new()
    {
        A = floor.A,
        D = floor.D,
        Above = above,
        Below = below,
        IsTwoSided = floor.IsTwoSided,
        Zero = floor.Zero,
        Min = floor.Min,
        Max = floor.Max,
        Low = floor.Low,
        High = floor.High,
    };

    /// <summary>Every channel of every layer with weights.</summary>
    private static List<(Rescaling Rescaling, Floor Floor)> Channels(GraphModel model)
    {
        List<(Rescaling, Floor)> all = [];
        foreach (Operator op in model.Graph.Operators)
        {
            if (op.Parameters is not { } parameters)
            {
                continue;
            }

            LayerPlan plan = new(model.Graph, op);
            OutputEnd end = op is FullyConnected dense ? dense.End : ((WindowOperator)op).End;
            for (int c = 0; c < parameters.Channels; c++)
            {
                all.Add((new ChannelRescaling(
                    parameters[c].Multiplier, parameters[c].Shift, end), plan[c]));
            }
        }

        return all;
    }

    private static GraphModel Model(string name) =>
        (GraphModel)ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));

    private static GraphModel Glyphs() => (GraphModel)ModelFile.Open(
        Path.Combine(SharedData.RepositoryRoot, "models", "glyphs", "glyphs.tflite"));

    /// <summary>sum / count, halves away from zero.</summary>
    private sealed class SampleAverage(int count) : Rescaling
    {
        public override long Span => count;

        public override long Per => 1;

        public override int Zero => 0;

        public override int Min => sbyte.MinValue;

        public override int Max => sbyte.MaxValue;

        public override int Of(int sum) =>
            sum > 0 ? (sum + (count / 2)) / count : (sum - (count / 2)) / count;
    }
}
