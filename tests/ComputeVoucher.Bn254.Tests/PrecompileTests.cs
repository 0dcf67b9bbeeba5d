using System;
using System.Collections.Generic;
using System.IO;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Bn254.Tests;

/// <summary>The chain's own precompiles 6, 7 and 8 (EIP-196, EIP-197) as the second opinion.
/// </summary>
[Trait("Category", "load")]
public sealed class PrecompileTests
{
    private const int Add = 6;
    private const int Multiply = 7;
    private const int Pairing = 8;

    private readonly Random _random = new(197);

    [AnvilFact]
    public async Task Precompiles_AnswerAsThisProjectDoes()
    {
        await using AnvilProcess anvil = await AnvilProcess.StartAsync();
        for (int i = 0; i < Runs.Count(40, 2_000); i++)
        {
            (AffinePoint<Fp> a, AffinePoint<Fp> b) = (NextG1(), NextG1());
            b = (i % 8) switch { 0 => a, 1 => a.Negated, 2 => default, _ => b };
            Assert.Equal(
                Hex(CurvePoint<Fp>.From(a).Plus(b).ToAffine()),
                await CallAsync(anvil, Add, Hex(a) + Hex(b)));
            BigInteger factor = i < 6
                ? ((BigInteger[])[0, 1, 2, Numbers.R - 1, Numbers.R - 2, 1 << 30])[i]
                : Numbers.Below(_random, Numbers.R);
            Assert.Equal(
                Hex(CurvePoint<Fp>.Multiply(a, Numbers.Word(factor)).ToAffine()),
                await CallAsync(anvil, Multiply, Hex(a) + Hex(factor)));
        }
    }

    /// <summary>Products of pairings that are 1, and that miss it by one.</summary>
    [AnvilFact]
    public async Task PairingPrecompile_AnswersAsThisProjectDoes()
    {
        await using AnvilProcess anvil = await AnvilProcess.StartAsync();
        int ones = 0;
        for (int i = 0; i < Runs.Count(24, 400); i++)
        {
            List<(AffinePoint<Fp> P, AffinePoint<Fp2> Q)> pairs = [];
            BigInteger left = i % 2;
            for (int k = 0; k < i % 5; k++)
            {
                BigInteger a = k == 2 ? 0 : Numbers.Below(_random, Numbers.R);
                BigInteger b = k == 3 ? 0 : Numbers.Below(_random, Numbers.R);
                pairs.Add((Numbers.TimesG1(a), Numbers.TimesG2(b)));
                left += a * b;
            }

            pairs.Add((Numbers.TimesG1(Numbers.R - (left % Numbers.R)), Numbers.G2));
            StringBuilder input = new();
            foreach ((AffinePoint<Fp> p, AffinePoint<Fp2> q) in pairs)
            {
                input.Append(Hex(p)).Append(Hex(q));
            }

            bool isOne = IsOne(pairs);
            ones += isOne ? 1 : 0;
            Assert.Equal(i % 2 == 0, isOne);
            Assert.Equal(Hex(isOne ? 1 : 0), await CallAsync(anvil, Pairing, input.ToString()));
        }

        Assert.Equal(Runs.Count(24, 400) / 2, ones);
    }

    [AnvilFact]
    public async Task Precompiles_RefuseWhatThisProjectRefuses()
    {
        await using AnvilProcess anvil = await AnvilProcess.StartAsync();
        AffinePoint<Fp> off = new(Fp.One, Fp.FromInteger(3));
        Assert.False(off.IsOnCurve);
        Assert.Null(await CallAsync(anvil, Add, Hex(off) + Hex(Numbers.G1)));
        Assert.Null(await CallAsync(anvil, Add, Hex(Numbers.Q) + Hex(0) + Hex(Numbers.G1)));
        AffinePoint<Fp2> outside = CurveTests.Outside(_random);
        Assert.False(Twist.IsInSubgroup(outside));
        Assert.Null(await CallAsync(anvil, Pairing, Hex(Numbers.G1) + Hex(outside)));
        AffinePoint<Fp2> swapped = new(
            new Fp2(Numbers.G2.X.C1, Numbers.G2.X.C0), new Fp2(Numbers.G2.Y.C1, Numbers.G2.Y.C0));
        Assert.False(swapped.IsOnCurve);
        Assert.Null(await CallAsync(anvil, Pairing, Hex(Numbers.G1) + Hex(swapped)));
        Assert.NotNull(await CallAsync(anvil, Pairing, Hex(Numbers.G1) + Hex(Numbers.G2)));
    }

    /// <summary>For machines without a chain: answers of the precompiles, kept. Lines of
    /// precompile, input and output.</summary>
    [Fact]
    public void KeptAnswers_AreOurs()
    {
        int lines = 0;
        foreach (string line in File.ReadLines(Kept))
        {
            string[] words = line.Split(' ');
            Assert.Equal(words[2], Answer(int.Parse(words[0]), words[1]));
            lines++;
        }

        Assert.Equal(24, lines);
    }

    [AnvilFact]
    public async Task KeptAnswers_AreTheChains()
    {
        await using AnvilProcess anvil = await AnvilProcess.StartAsync();
        foreach (string line in File.ReadLines(Kept))
        {
            string[] words = line.Split(' ');
            Assert.Equal(words[2], await CallAsync(anvil, int.Parse(words[0]), words[1]));
        }
    }

    private static string Kept => Path.Combine(
        SharedData.RepositoryRoot, "tests", "vectors", "bn254-precompiles.txt");

    private static string Answer(int precompile, string input) => precompile switch
    {
        Add => Hex(CurvePoint<Fp>.From(G1(input, 0)).Plus(G1(input, 2)).ToAffine()),
        Multiply => Hex(CurvePoint<Fp>.Multiply(
            G1(input, 0), Numbers.Word(Word(input, 2) % Numbers.R)).ToAffine()),
        _ => Hex(IsOne(Pairs(input)) ? 1 : 0),
    };

    private static bool IsOne(List<(AffinePoint<Fp> P, AffinePoint<Fp2> Q)> pairs)
    {
        Line[] lines = new Line[pairs.Count * MillerLoop.LineCount];
        AffinePoint<Fp>[] points = new AffinePoint<Fp>[pairs.Count];
        for (int i = 0; i < points.Length; i++)
        {
            Assert.True(pairs[i].Q.IsInfinity || Twist.IsInSubgroup(pairs[i].Q));
            points[i] = pairs[i].P;
            MillerLoop.Trace(
                pairs[i].Q, lines.AsSpan(i * MillerLoop.LineCount, MillerLoop.LineCount));
        }

        return FinalExponentiation.Raise(MillerLoop.Run(lines, points)).IsEqual(Fp12.One);
    }

    private static List<(AffinePoint<Fp> P, AffinePoint<Fp2> Q)> Pairs(string input)
    {
        List<(AffinePoint<Fp> P, AffinePoint<Fp2> Q)> pairs = [];
        for (int word = 0; word < input.Length / 64; word += 6)
        {
            pairs.Add((G1(input, word), new AffinePoint<Fp2>(
                new Fp2(Numbers.Base(Word(input, word + 3)), Numbers.Base(Word(input, word + 2))),
                new Fp2(
                    Numbers.Base(Word(input, word + 5)), Numbers.Base(Word(input, word + 4))))));
        }

        return pairs;
    }

    private static AffinePoint<Fp> G1(string input, int word) =>
        new(Numbers.Base(Word(input, word)), Numbers.Base(Word(input, word + 1)));

    private static BigInteger Word(string input, int word) => new(
        Convert.FromHexString(input.AsSpan(64 * word, 64)), isUnsigned: true, isBigEndian: true);

    private AffinePoint<Fp> NextG1() => Numbers.TimesG1(Numbers.Below(_random, Numbers.R));

    private static string Hex(BigInteger number) =>
        Convert.ToHexStringLower(Numbers.Bytes(number));

    private static string Hex(Fp value) => Hex(Numbers.Of(value));

    private static string Hex(AffinePoint<Fp> point) => Hex(point.X) + Hex(point.Y);

    /// <summary>The chain writes the imaginary part first.</summary>
    private static string Hex(AffinePoint<Fp2> point) =>
        Hex(point.X.C1) + Hex(point.X.C0) + Hex(point.Y.C1) + Hex(point.Y.C0);

    /// <summary>What the chain answers; null where it fails.</summary>
    private static async Task<string?> CallAsync(AnvilProcess anvil, int address, string input)
    {
        try
        {
            JsonElement answer = await anvil.RpcAsync("eth_call",
                $$"""{"to":"0x{{address:x40}}","data":"0x{{input}}"},"latest" """);
            return answer.GetString()![2..];
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
