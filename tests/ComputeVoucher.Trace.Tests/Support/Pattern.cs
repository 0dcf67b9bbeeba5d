namespace ComputeVoucher.Trace.Tests.Support;

/// <summary>Bytes that anyone can write down: byte i is (7 i + start) modulo 251.</summary>
internal static class Pattern
{
    public static byte[] Bytes(int count, int start = 0)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = (byte)((7L * i + start) % 251);
        }

        return bytes;
    }
}
