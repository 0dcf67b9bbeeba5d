using System;
using System.Linq;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution.Tests.Language;

public sealed class SamplerTests
{
    [Fact]
    public void Greedy_TakesTheLowestIdOfTheLargest() =>
        Assert.Equal(2, Sampler.Greedy([-5, 3, 9, 9, 1]));

    [Fact]
    public void Candidates_AreTheSortedHead()
    {
        var random = new Random(1);
        int[] logits = Enumerable.Range(0, 1000).Select(_ => random.Next(-50, 50)).ToArray();
        foreach (int k in new[] { 1, 7, 64, 1000 })
        {
            int[] ids = new int[k];
            int[] values = new int[k];
            Sampler.Candidates(logits, ids, values);
            int[] expected = Enumerable.Range(0, 1000)
                .OrderByDescending(i => logits[i]).ThenBy(i => i).Take(k).ToArray();
            Assert.Equal(expected, ids);
            Assert.Equal(expected.Select(i => logits[i]), values);
        }
    }

    [Fact]
    public void Choose_DrawsByTheSoftmax()
    {
        // Logits ln 8, ln 4, ln 2, ln 1 in Q.16: chances 8, 4, 2, 1 of 15.
        int[] values = [136_278, 90_852, 45_426, 0];
        int[] counts = new int[4];
        const int Draws = 6000;
        for (uint step = 1; step <= Draws; step++)
        {
            counts[Sampler.Choose(values, new SamplingOptions(65_536, 4, 65_536, 42), step)]++;
        }

        for (int i = 0; i < 4; i++)
        {
            double expected = Draws * (8 >> i) / 15.0;
            double room = 4 * Math.Sqrt(expected);
            Assert.InRange(counts[i], expected - room, expected + room);
        }
    }

    [Theory]
    [InlineData(32_768, 1)]
    [InlineData(36_000, 2)]
    [InlineData(60_000, 3)]
    [InlineData(65_536, 4)]
    public void TopP_KeepsTheShortestHead(uint topP, int kept)
    {
        int[] values = [136_278, 90_852, 45_426, 0];
        int highest = Enumerable.Range(1, 500).Max(step => Sampler.Choose(
            values, new SamplingOptions(65_536, 4, topP, 1), (uint)step));
        Assert.Equal(kept - 1, highest);
    }

    [Fact]
    public void LowTemperature_IsGreedy_HighIsEven()
    {
        int[] values = [70_000, 60_000, 50_000, 40_000];
        for (uint step = 1; step < 200; step++)
        {
            Assert.Equal(0, Sampler.Choose(values, new SamplingOptions(100, 4, 65_536, 3), step));
        }

        var hot = new SamplingOptions(SamplingOptions.TemperatureMax, 4, 65_536, 3);
        int[] counts = new int[4];
        for (uint step = 1; step <= 2000; step++)
        {
            counts[Sampler.Choose(values, hot, step)]++;
        }

        Assert.All(counts, c => Assert.InRange(c, 400, 600));
    }

    [Fact]
    public void Choose_OfExtremes_StaysInRange()
    {
        int[] values = [int.MaxValue, int.MinValue];
        var options = new SamplingOptions(1, 2, 1, ulong.MaxValue);
        Assert.Equal(0, Sampler.Choose(values, options, uint.MaxValue));
        int[] equal = Enumerable.Repeat(5, 1024).ToArray();
        var even = new SamplingOptions(65_536, 1024, 65_536, 9);
        Assert.True(Enumerable.Range(1, 50).Select(
            s => Sampler.Choose(equal, even, (uint)s)).Distinct().Count() > 40);
    }

    [Fact]
    public void Record_HasOneForm()
    {
        var record = new InputRecord([1, 2, 3], 9, [7, 5], new SamplingOptions(1, 2, 3, 4));
        byte[] bytes = record.Encode();
        Assert.Equal(bytes, InputRecord.Decode(bytes).Encode());
        Assert.Equal([5, 7], InputRecord.Decode(bytes).EndTokens.ToArray());
        Assert.Equal(36 + 20, bytes.Length);
        (bytes[48], bytes[52]) = (bytes[52], bytes[48]);
        Assert.Throws<ModelException>(() => InputRecord.Decode(bytes));
        Assert.Throws<ModelException>(
            () => new InputRecord([1], 1, [], new SamplingOptions(0, 1, 0, 0)));
        Assert.Throws<ModelException>(() => new InputRecord([], 1, [], default));
        Assert.Throws<ModelException>(() => new InputRecord([1], 0, [], default));
    }
}
