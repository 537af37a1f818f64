// The precision that this copy of the loops is compiled for, and its vector of 16 virtual lanes.
import CLanes

#if OCHE_DOUBLE
typealias Real = Double
#else
typealias Real = Float
#endif
typealias Lanes = SIMD16<Real>
