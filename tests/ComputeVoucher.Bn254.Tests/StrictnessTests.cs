using System;
using System.IO;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Bn254.Tests;

/// <summary>What comes from outside has one form; everything else is refused in one way, without
/// taking more memory than it has bytes.</summary>
[Collection(SnarkjsGroup.Name)]
[Trait("Category", "load")]
public sealed class StrictnessTests(SnarkjsRun run)
{
    private readonly Random _random = new(69);

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"01\"")]
    [InlineData("\"+1\"")]
    [InlineData("\"-1\"")]
    [InlineData("\" 1\"")]
    [InlineData("\"1 \"")]
    [InlineData("\"1.0\"")]
    [InlineData("\"1e3\"")]
    [InlineData("\"0x1\"")]
    [InlineData("\"\\u0031\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"１\"")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData(
        "\"21888242871839275222246405745257275088548364400416034343698204186575808495617\"")]
    [InlineData(
        "\"115792089237316195423570985008687907853269984665640564039457584007913129639936\"")]
    [InlineData(
        "\"9999999999999999999999999999999999999999999999999999999999999999999999999999999\"")]
    public void WordThatIsNoCanonicalNumberBelowR_IsRefused(string word) =>
        Assert.Throws<ProofException>(() => PublicWords.Parse(Utf8($"[\"1\",{word}]")));

    [Fact]
    public void LargestWord_IsRead() => Assert.Equal(Numbers.R - 1,
        Numbers.Of(PublicWords.Parse(Utf8($"[\"0\",\"{Numbers.R - 1}\"]"))[1]));

    [Fact]
    public void TooManyWords_AreRefused()
    {
        string words = string.Join(',', Array.ConvertAll(new int[1024], _ => "\"1\""));
        Assert.Equal(1024, PublicWords.Parse(Utf8($"[{words}]")).Length);
        Assert.Throws<ProofException>(() => PublicWords.Parse(Utf8($"[{words},\"1\"]")));
        Assert.Throws<ProofException>(() => PublicWords.Parse(Utf8("{}")));
    }

    [Fact]
    public void CoordinateThatIsNotBelowQ_IsRefused()
    {
        RefuseProof(p => p["pi_a"]![0] = Plus(p["pi_a"]![0]!, Numbers.Q));
        RefuseProof(p => p["pi_b"]![1]![0] = Plus(p["pi_b"]![1]![0]!, Numbers.Q));
        RefuseProof(p => p["pi_c"]![1] = Plus(p["pi_c"]![1]!, Numbers.Q));
    }

    [Fact]
    public void PointOffItsCurve_IsRefused()
    {
        RefuseProof(p => p["pi_a"]![0] = Plus(p["pi_a"]![0]!, 1));
        RefuseProof(p => p["pi_b"]![0]![1] = Plus(p["pi_b"]![0]![1]!, 1));
        RefuseProof(p => p["pi_c"]![1] = "0");
        RefuseKey(k => k["vk_alpha_1"]![1] = "3");
        RefuseKey(k => k["IC"]![1]![0] = "3");
        RefuseKey(k => k["vk_delta_2"]![0]![0] = "3");
    }

    [Fact]
    public void PointAtInfinity_IsRefused()
    {
        RefuseProof(p => p["pi_a"] = new JsonArray("0", "1", "0"));
        RefuseProof(p => p["pi_a"] = new JsonArray("0", "0", "1"));
        RefuseKey(k => k["vk_alpha_1"] = new JsonArray("0", "1", "0"));
        RefuseKey(k => k["IC"]![0] = new JsonArray("0", "0", "0"));
    }

    [Fact]
    public void TwistPointOutsideTheSubgroup_IsRefused()
    {
        AffinePoint<Fp2> outside = CurveTests.Outside(_random);
        RefuseProof(p => p["pi_b"] = Json(outside));
        foreach (string name in (string[])["vk_beta_2", "vk_gamma_2", "vk_delta_2"])
        {
            RefuseKey(k => k[name] = Json(outside));
        }
    }

    [Fact]
    public void SwappedLimbsOfG2_AreRefused()
    {
        RefuseProof(p => Swap(p["pi_b"]!.AsArray()));
        RefuseKey(k => Swap(k["vk_gamma_2"]!.AsArray()));
    }

    [Fact]
    public void OtherForms_AreRefused()
    {
        RefuseProof(p => p["pi_a"]![2] = "2");
        RefuseProof(p => p["pi_b"]![2]![0] = "0");
        RefuseProof(p => p["pi_b"]![2]![1] = "1");
        RefuseProof(p => p["pi_c"]!.AsArray().Add("1"));
        RefuseProof(p => p["pi_c"]!.AsArray().RemoveAt(2));
        RefuseProof(p => p.Remove("pi_c"));
        RefuseProof(p => p["more"] = 1);
        RefuseProof(p => p["protocol"] = "plonk");
        RefuseProof(p => p["curve"] = "bls12381");
        RefuseProof(p => p["curve"] = null);
        RefuseKey(k => k["nPublic"] = 3);
        RefuseKey(k => k["nPublic"] = 5);
        RefuseKey(k => k["nPublic"] = -1);
        RefuseKey(k => k["nPublic"] = "4");
        RefuseKey(k => k["nPublic"] = int.MaxValue);
        RefuseKey(k => k.Remove("vk_alphabeta_12"));
        foreach (string text in (string[])["", "[", "1", "{}", "[]", "{\"pi_a\":1,\"pi_a\":1}"])
        {
            Assert.Throws<ProofException>(() => Proof.Parse(Utf8(text)));
            Assert.Throws<ProofException>(() => VerificationKey.Parse(Utf8(text)));
        }

        string twice = Encoding.UTF8.GetString(run.Bytes("0.proof.json"));
        twice = twice.Replace("}", ",\"curve\":\"bn128\"}", StringComparison.Ordinal);
        Assert.Throws<ProofException>(() => Proof.Parse(Utf8(twice)));
    }

    [Theory]
    [InlineData("tiny.zkey")]
    [InlineData("tiny.r1cs")]
    [InlineData("0.wtns")]
    public void DamagedFile_IsRefusedOrReadInItsBounds(string name)
    {
        byte[] whole = run.Bytes(name);
        Read(name, whole);
        for (int i = 0; i < Runs.Count(300, 3_000); i++)
        {
            int length = i < 120 ? i : _random.Next(whole.Length);
            Assert.Throws<ProofException>(() => Read(name, whole[..length]));
            byte[] changed = [.. whole];
            int at = i < 160 ? i : _random.Next(whole.Length);
            changed[at] ^= (byte)(1 << _random.Next(8));
            Refuses(name, changed);
            changed[at] = 0xff;
            Refuses(name, changed);
        }
    }

    [Theory]
    [InlineData("tiny.zkey", 2, 72)]
    [InlineData("tiny.zkey", 2, 76)]
    [InlineData("tiny.zkey", 2, 80)]
    [InlineData("tiny.zkey", 4, 0)]
    [InlineData("tiny.zkey", 4, 4)]
    [InlineData("tiny.zkey", 4, 8)]
    [InlineData("tiny.zkey", 4, 12)]
    [InlineData("tiny.zkey", 4, 44)]
    [InlineData("tiny.zkey", 5, 30)]
    [InlineData("tiny.zkey", 9, 30)]
    [InlineData("tiny.r1cs", 1, 36)]
    [InlineData("tiny.r1cs", 1, 60)]
    [InlineData("tiny.r1cs", 2, 0)]
    [InlineData("tiny.r1cs", 2, 4)]
    [InlineData("tiny.r1cs", 2, 36)]
    [InlineData("0.wtns", 1, 36)]
    [InlineData("0.wtns", 2, 0)]
    [InlineData("0.wtns", 2, 28)]
    public void NumberThatPointsOutOfItsBounds_IsRefused(string name, int section, int at)
    {
        byte[] bytes = run.Bytes(name);
        bytes.AsSpan(SectionAt(bytes, section) + at, 4).Fill(0xff);
        Assert.Throws<ProofException>(() => Read(name, bytes));
    }

    /// <summary>One beyond the last constraint, and one beyond the last wire.</summary>
    [Fact]
    public void CoefficientJustOutOfItsBounds_IsRefused()
    {
        ProvingKey key = run.Key();
        foreach ((int at, int last) in ((int, int)[])[(8, key.Domain - 1), (12, key.WireCount - 1)])
        {
            byte[] bytes = run.Bytes("tiny.zkey");
            Span<byte> number = bytes.AsSpan(SectionAt(bytes, 4) + at, sizeof(int));
            BitConverter.TryWriteBytes(number, last);
            Read("tiny.zkey", bytes);
            BitConverter.TryWriteBytes(number, last + 1);
            Assert.Throws<ProofException>(() => Read("tiny.zkey", bytes));
        }
    }

    private void Refuses(string name, byte[] bytes)
    {
        try
        {
            Read(name, bytes);
        }
        catch (ProofException)
        {
            // The one way to refuse; what is read in spite of the change is another valid file.
        }
    }

    private void Read(string name, byte[] bytes)
    {
        MemoryStream stream = new(bytes);
        switch (Path.GetExtension(name))
        {
            case ".zkey":
                _ = ProvingKey.Read(stream);
                break;
            case ".r1cs":
                _ = ConstraintSystem.Read(stream).FirstBroken(run.WitnessOf(0));
                break;
            default:
                _ = Witness.Read(stream);
                break;
        }
    }

    /// <summary>Where the first byte of a section is.</summary>
    private static int SectionAt(byte[] bytes, int wanted)
    {
        int at = 12;
        while (BitConverter.ToInt32(bytes, at) != wanted)
        {
            at += 12 + (int)BitConverter.ToInt64(bytes, at + 4);
        }

        return at + 12;
    }

    private void RefuseProof(Action<JsonObject> change)
    {
        JsonObject proof = JsonNode.Parse(run.Bytes("0.proof.json"))!.AsObject();
        Proof.Parse(Utf8(proof.ToJsonString()));
        change(proof);
        Assert.Throws<ProofException>(() => Proof.Parse(Utf8(proof.ToJsonString())));
    }

    private void RefuseKey(Action<JsonObject> change)
    {
        JsonObject key = JsonNode.Parse(run.Bytes("tiny.vk.json"))!.AsObject();
        VerificationKey.Parse(Utf8(key.ToJsonString()));
        change(key);
        Assert.Throws<ProofException>(() => VerificationKey.Parse(Utf8(key.ToJsonString())));
    }

    private static JsonNode Plus(JsonNode number, BigInteger more) =>
        (BigInteger.Parse(number.GetValue<string>()) + more).ToString();

    private static void Swap(JsonArray point)
    {
        foreach (JsonNode? pair in point)
        {
            JsonNode first = pair![0]!.DeepClone();
            pair[0] = pair[1]!.DeepClone();
            pair[1] = first;
        }

        point[2] = new JsonArray("1", "0");
    }

    private static JsonArray Json(AffinePoint<Fp2> point) => new(
        new JsonArray($"{Numbers.Of(point.X.C0)}", $"{Numbers.Of(point.X.C1)}"),
        new JsonArray($"{Numbers.Of(point.Y.C0)}", $"{Numbers.Of(point.Y.C1)}"),
        new JsonArray("1", "0"));

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
