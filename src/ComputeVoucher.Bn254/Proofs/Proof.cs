using System;
using System.IO;
using System.Text.Json;

namespace ComputeVoucher.Bn254;

/// <summary>A proof of Groth16 (https://eprint.iacr.org/2016/260): two points of G1 and one of G2.
/// One that was read lies on the curves; no other exists.</summary>
/// <remarks>Its bytes identify nothing: (−A, −B, C) proves the same.</remarks>
public sealed class Proof
{
    /// <summary>Of its JSON: 8 numbers of at most 77 digits and some 300 characters around them.
    /// </summary>
    public const int JsonBytesMax = 4096;

    internal Proof(
        in AffinePoint<Fp> a, in AffinePoint<Fp2> b, in AffinePoint<Fp> c) =>
        (A, B, C) = (a, b, c);

    internal AffinePoint<Fp> A { get; }

    internal AffinePoint<Fp2> B { get; }

    internal AffinePoint<Fp> C { get; }

    /// <summary>Reads snarkjs' proof.json, and nothing that deviates from it.</summary>
    /// <exception cref="ProofException">Another form, a coordinate not below q, a point that is
    /// not on its curve or not in its group.</exception>
    public static Proof Parse(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = StrictJson.Parse(json);
        JsonElement root = document.RootElement;
        StrictJson.RequireMembers(root, "pi_a", "pi_b", "pi_c", "protocol", "curve");
        StrictJson.RequireSystem(root);
        return new Proof(StrictJson.G1(root, "pi_a"), StrictJson.G2(root, "pi_b"),
            StrictJson.G1(root, "pi_c"));
    }

    /// <summary>The same text that snarkjs writes, on one line.</summary>
    public byte[] ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            StrictJson.Write(writer, "pi_a", A);
            StrictJson.Write(writer, "pi_b", B);
            StrictJson.Write(writer, "pi_c", C);
            StrictJson.WriteSystem(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
