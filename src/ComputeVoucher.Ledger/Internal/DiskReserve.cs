using System.IO;
using ComputeVoucher.Storage;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// Room on the disk that is given up for transactions alone: when the disk is full, a thaw must
/// still be answered, and nothing is sent that is not stored.
/// </summary>
internal sealed class DiskReserve
{
    public const string FileName = "ledger.reserve";

    /// <summary>4 MiB: some 25 redemptions of 256 channels with all their attempts, or thousands
    /// of usual size.</summary>
    private const int Bytes = 4 << 20;

    /// <summary>Written at a time.</summary>
    private const int ChunkBytes = 64 << 10;

    private readonly string _path;

    private DiskReserve(string path) => _path = path;

    /// <summary>Whether there is room to give up.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>Takes it if there is room; a smaller disk does without.</summary>
    public static DiskReserve Take(string directory)
    {
        DiskReserve reserve = new(Path.Combine(directory, FileName));
        FileInfo there = new(reserve._path);
        reserve.IsHeld = there.Exists && there.Length == Bytes;
        if (!reserve.IsHeld)
        {
            reserve.TryTake();
        }

        return reserve;
    }

    /// <summary>True when it was there: the room is free now.</summary>
    public bool GiveUp()
    {
        bool wasHeld = IsHeld;
        IsHeld = false;
        File.Delete(_path);
        return wasHeld;
    }

    /// <summary>Takes it again once there is room.</summary>
    public bool TryTake()
    {
        try
        {
            File.Delete(_path);
            Posix.CreatePrivate(_path);
            using (FileStream file = new(_path, FileMode.Open, FileAccess.Write))
            {
                // Written, not only reserved: a hole would be no room.
                byte[] chunk = new byte[ChunkBytes];
                for (int i = 0; i < Bytes; i += ChunkBytes)
                {
                    file.Write(chunk);
                }
            }

            Posix.Sync(_path);
            IsHeld = true;
        }
        catch (IOException)
        {
            File.Delete(_path);
            IsHeld = false;
        }

        return IsHeld;
    }
}
