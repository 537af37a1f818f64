#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// -10 log10(mean squared error / peak^2), in dB. No error is +inf, an error that is no number NaN.
public func psnr(meanSquaredError: Double, peak: Double) -> Double {
    // Added to zero, so that it is 0 and not -0 where the error is the peak's.
    0 + -10 * log10(meanSquaredError / (peak * peak))
}
