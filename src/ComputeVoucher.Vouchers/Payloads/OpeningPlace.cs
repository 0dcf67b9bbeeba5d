using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// What an OpeningRequest asks for, behind its signed <see cref="OpeningQuery"/>: a node of the
/// trees that a receipt commits to. The answer is a signed <see cref="TraceRootStatement"/> and,
/// behind it, the nodes up to three levels below, 32 bytes each; or, of a tensor at level 2 and
/// below, its whole leaves of 128 bytes. They are the bytes that a court would be answered with.
/// </summary>
/// <param name="Tree">0 the trace, 1 the output.</param>
/// <param name="Tensor">Place of the tensor in its list; <see cref="OfTheList"/> is the list
/// itself.</param>
/// <param name="Level">Height of the node above the leaves of the tensor, or the hashes of the
/// list.</param>
/// <param name="Place">Of the node on its level, from 0.</param>
public readonly record struct OpeningPlace(byte Tree, uint Tensor, byte Level, uint Place)
    : IFieldList<OpeningPlace>
{
    /// <summary>In place of a tensor: the tree over the hashes of all.</summary>
    public const uint OfTheList = uint.MaxValue;

    /// <inheritdoc/>
    public static OpeningPlace Fields(ref FieldCursor fields, in OpeningPlace of) => new(
        fields.Uint("tree", of.Tree),
        fields.Uint("tensor", of.Tensor),
        fields.Uint("level", of.Level),
        fields.Uint("place", of.Place));

    /// <summary>Reads query, signature and place, with the reason of a refusal.</summary>
    public static RefusalReason Decode(ReadOnlySpan<byte> payload, out OpeningQuery query,
        out Signature signature, out OpeningPlace place)
    {
        (query, signature, place) = (default, default, default);
        int head = SignedPayload.Bytes<OpeningQuery>();
        if (payload.Length != head + OpeningPlace.PayloadBytes)
        {
            return RefusalReason.PayloadSize;
        }

        RefusalReason refusal = SignedPayload.Decode(payload[..head], out query, out signature);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        // The query signs the place by its hash: another one behind it is nobody's word.
        return Keccak256.Hash(payload[head..]) == query.Request
            && FieldList.TryDecode(payload[head..], out place)
                ? RefusalReason.None
                : RefusalReason.OpeningUnknown;
    }
}
