using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using ComputeVoucher.Primitives.Internal;

namespace ComputeVoucher.Primitives;

/// <summary>
/// Keccak-256 as Ethereum uses it: Keccak-f[1600], rate 136 bytes, padding 0x01 … 0x80
/// (the Keccak submission of 2011, before FIPS 202 changed the padding).
/// </summary>
public static partial class Keccak256
{
    /// <summary>Bytes absorbed per permutation.</summary>
    public const int RateBytes = 136;

    /// <summary>Message bytes after the tag in <see cref="HashBlocks"/>.</summary>
    public const int TaggedBlockBytes = 128;

    /// <summary>Hash of the whole message.</summary>
    public static Bytes32 Hash(ReadOnlySpan<byte> message)
    {
        Span<ulong> state = stackalloc ulong[KeccakF1600.Lanes];
        state.Clear();
        while (message.Length >= RateBytes)
        {
            Absorb(state, message[..RateBytes]);
            KeccakF1600.Permute(state);
            message = message[RateBytes..];
        }

        return Finish(state, message);
    }

    /// <summary>
    /// <c>digests[i] = keccak(tag ‖ blocks[128 i .. 128 i + 128])</c>: leaves and nodes of a trace
    /// tree, one permutation each, four at a time with AVX2. <paramref name="digests"/> may start
    /// where <paramref name="blocks"/> starts: a block is read before it is overwritten.
    /// </summary>
    /// <param name="tag">First byte of every message; it keeps leaves apart from nodes.</param>
    /// <param name="blocks">128 bytes per digest, contiguous.</param>
    /// <param name="digests">One per block.</param>
    /// <param name="scalar">Force the scalar path, which is the oracle.</param>
    /// <exception cref="ArgumentException">Not exactly 128 bytes per digest.</exception>
    public static void HashBlocks(
        byte tag, ReadOnlySpan<byte> blocks, Span<Bytes32> digests, bool scalar = false)
    {
        if (blocks.Length != (long)TaggedBlockBytes * digests.Length)
        {
            throw new ArgumentException(
                $"{blocks.Length} bytes of blocks for {digests.Length} digests, 128 each wanted");
        }

        int done = 0;
        if (!scalar && Avx2.IsSupported)
        {
            for (; done + 4 <= digests.Length; done += 4)
            {
                HashFourBlocks(
                    tag,
                    blocks.Slice(TaggedBlockBytes * done, 4 * TaggedBlockBytes),
                    MemoryMarshal.AsBytes(digests.Slice(done, 4)));
            }
        }

        Span<byte> message = stackalloc byte[1 + TaggedBlockBytes];
        message[0] = tag;
        for (; done < digests.Length; done++)
        {
            blocks.Slice(TaggedBlockBytes * done, TaggedBlockBytes).CopyTo(message[1..]);
            digests[done] = Hash(message);
        }
    }

    /// <summary>XORs 136 bytes into the first 17 lanes.</summary>
    private static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        for (int i = 0; i < RateBytes / 8; i++)
        {
            state[i] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(8 * i)..]);
        }
    }

    /// <summary>Absorbs the padded rest (fewer than 136 bytes) and squeezes 32 bytes.</summary>
    private static Bytes32 Finish(Span<ulong> state, ReadOnlySpan<byte> rest)
    {
        Span<byte> last = stackalloc byte[RateBytes];
        last.Clear();
        Pad(rest, last);
        Absorb(state, last);
        KeccakF1600.Permute(state);

        Bytes32 digest = default;
        for (int i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(((Span<byte>)digest)[(8 * i)..], state[i]);
        }

        return digest;
    }

    /// <summary>Message ‖ 01 ‖ zeros, last byte ^ 80, into 136 cleared bytes.</summary>
    private static void Pad(ReadOnlySpan<byte> rest, Span<byte> cleared)
    {
        rest.CopyTo(cleared);
        cleared[rest.Length] ^= 0x01;
        cleared[RateBytes - 1] ^= 0x80;
    }
}
