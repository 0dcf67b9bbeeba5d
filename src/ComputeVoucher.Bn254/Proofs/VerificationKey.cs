using System;
using System.IO;
using System.Text.Json;

namespace ComputeVoucher.Bn254;

/// <summary>What a proof of one circuit is verified with. One that exists has points of its groups
/// alone, none at infinity, and gamma and delta that differ.</summary>
public sealed class VerificationKey
{
    /// <summary>Of its JSON: three numbers a word, 16 of alpha and beta's pairing, 14 more.
    /// </summary>
    public const int JsonBytesMax = 256 * (PublicWords.CountMax + 64);

    /// <exception cref="ProofException">It would verify what was never proven.</exception>
    internal VerificationKey(in AffinePoint<Fp> alpha, in AffinePoint<Fp2> beta,
        in AffinePoint<Fp2> gamma, in AffinePoint<Fp2> delta, AffinePoint<Fp>[] words)
    {
        if (delta.IsEqual(gamma) || delta.IsEqual(gamma.Negated))
        {
            // C = −vk_x then makes any statement true: the setup ended without a contribution.
            throw new ProofException("delta is gamma: whoever likes can forge proofs for this key "
                + "(its setup ended before anybody contributed)");
        }

        (Alpha, Beta, Gamma, Delta, Words) = (alpha, beta, gamma, delta, words);
    }

    /// <summary>How many public words a statement has.</summary>
    public int WordCount => Words.Length - 1;

    internal AffinePoint<Fp> Alpha { get; }

    internal AffinePoint<Fp2> Beta { get; }

    internal AffinePoint<Fp2> Gamma { get; }

    internal AffinePoint<Fp2> Delta { get; }

    /// <summary>A point for the constant 1, then one for each public word.</summary>
    internal AffinePoint<Fp>[] Words { get; }

    /// <summary>Reads snarkjs' verification_key.json; its vk_alphabeta_12, which follows from the
    /// rest, is computed here and not read.</summary>
    /// <exception cref="ProofException">Another form, a point outside its group, or gamma and
    /// delta equal.</exception>
    public static VerificationKey Parse(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = StrictJson.Parse(json);
        JsonElement root = document.RootElement;
        StrictJson.RequireMembers(root, "protocol", "curve", "nPublic", "vk_alpha_1",
            "vk_beta_2", "vk_gamma_2", "vk_delta_2", "vk_alphabeta_12", "IC");
        StrictJson.RequireSystem(root);
        JsonElement count = root.GetProperty("nPublic");
        if (count.ValueKind != JsonValueKind.Number || !count.TryGetInt32(out int words)
            || words is < 0 or > PublicWords.CountMax)
        {
            throw new ProofException($"nPublic: at most {PublicWords.CountMax} words are wanted");
        }

        JsonElement[] bases = StrictJson.Array(root.GetProperty("IC"), words + 1, "IC");
        AffinePoint<Fp>[] points = new AffinePoint<Fp>[bases.Length];
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = StrictJson.G1Of(bases[i], "IC");
        }

        return new VerificationKey(StrictJson.G1(root, "vk_alpha_1"),
            StrictJson.G2(root, "vk_beta_2"), StrictJson.G2(root, "vk_gamma_2"),
            StrictJson.G2(root, "vk_delta_2"), points);
    }

    /// <summary>The same text that snarkjs writes, on one line.</summary>
    public byte[] ToJson()
    {
        Line[] lines = new Line[MillerLoop.LineCount];
        MillerLoop.Trace(Beta, lines);
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            StrictJson.WriteSystem(writer);
            writer.WriteNumber("nPublic", WordCount);
            StrictJson.Write(writer, "vk_alpha_1", Alpha);
            StrictJson.Write(writer, "vk_beta_2", Beta);
            StrictJson.Write(writer, "vk_gamma_2", Gamma);
            StrictJson.Write(writer, "vk_delta_2", Delta);
            StrictJson.Write(writer, "vk_alphabeta_12", FinalExponentiation.AsSnarkjs(
                FinalExponentiation.Raise(MillerLoop.Run(lines, [Alpha]))));
            writer.WriteStartArray("IC");
            foreach (AffinePoint<Fp> point in Words)
            {
                StrictJson.Write(writer, point);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
