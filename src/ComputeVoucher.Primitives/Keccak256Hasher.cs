using System;
using ComputeVoucher.Primitives.Internal;

namespace ComputeVoucher.Primitives;

/// <summary>
/// Keccak-256 of a message that arrives in pieces; equal to <see cref="Keccak256.Hash"/> of the
/// pieces joined. Not thread safe; reusable after <see cref="Finish"/>.
/// </summary>
public sealed class Keccak256Hasher
{
    private readonly ulong[] _state = new ulong[KeccakF1600.Lanes];
    private readonly byte[] _pending = new byte[Keccak256.RateBytes];
    private int _pendingBytes;

    public void Append(ReadOnlySpan<byte> piece)
    {
        if (_pendingBytes > 0)
        {
            int taken = Math.Min(piece.Length, Keccak256.RateBytes - _pendingBytes);
            piece[..taken].CopyTo(_pending.AsSpan(_pendingBytes));
            _pendingBytes += taken;
            piece = piece[taken..];
            if (_pendingBytes < Keccak256.RateBytes)
            {
                return;
            }

            AbsorbBlock(_pending);
            _pendingBytes = 0;
        }

        while (piece.Length >= Keccak256.RateBytes)
        {
            AbsorbBlock(piece[..Keccak256.RateBytes]);
            piece = piece[Keccak256.RateBytes..];
        }

        piece.CopyTo(_pending);
        _pendingBytes = piece.Length;
    }

    /// <summary>The digest; the hasher starts anew.</summary>
    public Bytes32 Finish()
    {
        Bytes32 digest = Keccak256.Finish(_state, _pending.AsSpan(0, _pendingBytes));
        _state.AsSpan().Clear();
        _pendingBytes = 0;
        return digest;
    }

    private void AbsorbBlock(ReadOnlySpan<byte> block)
    {
        Keccak256.Absorb(_state, block);
        KeccakF1600.Permute(_state);
    }
}
